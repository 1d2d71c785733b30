import { createFilter } from './filter.ts';
import { createRecording, type Recording, type RecordingOptions } from './recording.ts';
import { createScreen } from './screen.ts';
import { decideSize, type Size, type SizedViewer } from './size.ts';
import type { PaneMessage, SizePolicy } from './wire.ts';

export interface PaneOptions {
  /** Size until the first viewer comes, in cells. */
  cols: number;
  rows: number;
  /** Where the asciicast v2 recording goes; none is made without it. */
  recordingFile?: string;
  /** Title in the recording's header. */
  title?: string;
  policy?: SizePolicy;
  /** Lines of scrollback to keep. */
  scrollback?: number;
  recording?: Pick<RecordingOptions, 'capBytes' | 'now' | 'onError'>;
  /** What a viewer typed, in order. */
  onInput?: (bytes: Buffer) => void;
  /** The size that the agent's terminal is to take. */
  onResize?: (cols: number, rows: number) => void;
  /** Somebody has come to watch. */
  onViewer?: (viewer: PaneViewer) => void;
  /** A person typed something. */
  onUserActivity?: (time: Date) => void;
}

/** Where a viewer's part of the pane goes. */
export interface ViewerSink {
  bytes(data: Buffer): void;
  control(message: PaneMessage): void;
}

/** One who watches a pane. */
export interface PaneViewer extends SizedViewer {
  readonly sink: ViewerSink;
  readonly readOnly: boolean;
  readonly scrollback: number;
  readonly name: string;
}

/** An agent's terminal as the host keeps it: screen, recording, viewers. */
export interface Pane extends AsyncDisposable {
  /**
   * Takes bytes of the agent's terminal. False means that the screen is behind: stop reading the terminal until `drained()`
   * resolves. Viewers never cause that; only output faster than it can be parsed or recorded does.
   */
  output(data: Uint8Array): boolean;
  drained(): Promise<void>;
  /** Resolves when all output so far is on the screen and in the recording. */
  recorded(): Promise<void>;
  /** Says that the terminal has ended, and why; viewers are told after the last output. */
  end(reason: string): Promise<void>;
  /** Why the terminal ended, when it has. */
  readonly ended: string | undefined;
  readonly size: Size;
  policy: SizePolicy;
  readonly viewers: ReadonlySet<PaneViewer>;
  /** Adds a viewer, takes its size into account, and gives it the screen at once. */
  addViewer(viewer: Omit<PaneViewer, 'lastActive'>): PaneViewer;
  removeViewer(viewer: PaneViewer): void;
  resizeViewer(viewer: PaneViewer, size: Size): void;
  /** Changes the policy as this viewer wishes, who is active by that. */
  choosePolicy(viewer: PaneViewer, policy: SizePolicy): void;
  input(viewer: PaneViewer, bytes: Buffer): void;
  /** Gives `viewer` the whole screen again, in place of what it missed. */
  resync(viewer: PaneViewer): void;
}

/** Bytes parsed in one go: small enough that no piece keeps the event loop for long. */
const SLICE_BYTES = 16 * 1024;
/** Above this much unparsed or unrecorded output the owner is asked to pause the terminal. */
const HIGH_WATER = 1024 * 1024;
/** A storm of resizes becomes one per this many milliseconds. */
const RESIZE_MS = 30;

/** Makes the pane of an agent. */
export function createPane(options: PaneOptions): Pane {
  const filter = createFilter({ maxCount: Math.max(options.cols, options.rows) });
  const screen = createScreen(options);
  const viewers = new Set<PaneViewer>();
  const waiting: (() => void)[] = [];
  let policy = options.policy ?? 'smallest';
  let ended: string | undefined;
  let activity = 0;
  let resizeTimer: NodeJS.Timeout | undefined;
  const size = (): Size => ({ cols: screen.terminal.cols, rows: screen.terminal.rows });
  const recording: Recording | undefined =
    options.recordingFile === undefined
      ? undefined
      : createRecording({
          ...options.recording,
          file: options.recordingFile,
          title: options.title ?? '',
          size,
          snapshot: () => screen.serialize(0),
        });
  const isBehind = (): boolean => screen.pending > HIGH_WATER || (recording?.pending ?? 0) > 4 * HIGH_WATER;

  return {
    output(data) {
      for (let at = 0; at < data.length; at += SLICE_BYTES) {
        // The filter gives whole sequences only, so between two writes the screen can be serialised and handed on.
        const text = filter.push(data.subarray(at, at + SLICE_BYTES));
        screen.write(text, deliver);
      }
      return !isBehind();
    },
    async drained() {
      while (isBehind()) {
        if (screen.pending > HIGH_WATER) await new Promise<void>((resolve) => waiting.push(resolve));
        else await recording?.flushed();
      }
    },
    async recorded() {
      await screen.settled();
      await recording?.flushed();
    },
    async end(reason) {
      if (ended !== undefined) return;
      ended = reason;
      await screen.settled();
      for (const { sink } of viewers) sink.control({ type: 'ended', reason });
      await recording?.flushed();
    },
    get ended() {
      return ended;
    },
    get size() {
      return size();
    },
    get policy() {
      return policy;
    },
    set policy(next) {
      policy = next;
      applySize();
    },
    viewers,
    addViewer(newcomer) {
      const viewer: PaneViewer = { ...newcomer, lastActive: ++activity };
      viewers.add(viewer);
      applySize(viewer);
      giveScreen(viewer, false);
      if (ended !== undefined) viewer.sink.control({ type: 'ended', reason: ended });
      options.onViewer?.(viewer);
      return viewer;
    },
    removeViewer(viewer) {
      if (viewers.delete(viewer)) scheduleSize();
    },
    resizeViewer(viewer, next) {
      viewer.size = next;
      viewer.lastActive = ++activity;
      scheduleSize();
    },
    choosePolicy(viewer, next) {
      viewer.lastActive = ++activity;
      policy = next;
      applySize();
    },
    input(viewer, bytes) {
      if (viewer.readOnly || ended !== undefined) return;
      viewer.lastActive = ++activity;
      if (policy === 'last-active') scheduleSize();
      options.onUserActivity?.(new Date());
      options.onInput?.(bytes);
    },
    resync: (viewer) => giveScreen(viewer, true),
    async [Symbol.asyncDispose]() {
      clearTimeout(resizeTimer);
      await screen.settled();
      await recording?.[Symbol.asyncDispose]();
      screen.dispose();
      for (const resolve of waiting.splice(0)) resolve();
    },
  };

  /** Hands on what the screen has just taken in: viewers and recording are always exactly where the screen is. */
  function deliver(text: string): void {
    recording?.output(text);
    if (viewers.size > 0) {
      const data = Buffer.from(text);
      for (const { sink } of viewers) sink.bytes(data);
    }
    if (screen.pending <= HIGH_WATER) for (const resolve of waiting.splice(0)) resolve();
  }

  function giveScreen(viewer: PaneViewer, resync: boolean): void {
    viewer.sink.control({ type: 'screen', ...size(), resync });
    viewer.sink.bytes(Buffer.from(screen.serialize(viewer.scrollback)));
  }

  function scheduleSize(): void {
    resizeTimer ??= setTimeout(() => applySize(), RESIZE_MS);
  }

  /** Takes the size that follows from the viewers; `except` gets it with its first screen instead. */
  function applySize(except?: PaneViewer): void {
    clearTimeout(resizeTimer);
    resizeTimer = undefined;
    const next = decideSize(policy, viewers);
    const { cols, rows } = size();
    if (next === undefined || ended !== undefined || (next.cols === cols && next.rows === rows)) return;
    screen.resize(next.cols, next.rows);
    filter.maxCount = Math.max(next.cols, next.rows);
    recording?.resize(next.cols, next.rows);
    for (const viewer of viewers) {
      if (viewer !== except) viewer.sink.control({ type: 'size', ...next });
    }
    options.onResize?.(next.cols, next.rows);
  }
}
