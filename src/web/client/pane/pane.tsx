import { useEffect, useRef, useState } from 'preact/hooks';
import type { PaneMessage } from '../../../pane/wire.ts';
import { isDark } from '../theme.tsx';
import { connectFrame, type Look } from './connect.ts';
import { useRoomBelow } from './use-room-below.ts';

type Status = PaneMessage & { type: 'status' };

/** The terminal of an agent, in a frame of its own, with a line that says how it is. */
export function Pane({
  team,
  agent,
  isTile = false,
  isFollowing,
  readOnly,
  onSwitch = () => undefined,
}: {
  team: string;
  agent: string;
  isTile?: boolean;
  isFollowing: boolean;
  readOnly: boolean;
  onSwitch?: (step: 1 | -1) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  useRoomBelow(box, !isTile);
  const frame = useRef<HTMLIFrameElement>(null);
  const tied = useRef<ReturnType<typeof connectFrame> | undefined>(undefined);
  const leave = useRef<HTMLDivElement>(null);
  const switching = useRef(onSwitch);
  switching.current = onSwitch;
  const [status, setStatus] = useState<Status | undefined>(undefined);
  const [trouble, setTrouble] = useState<string | undefined>(undefined);
  const look: Look = { isDark: isDark.value, readOnly, isFollowing, isTile };

  const tie = (): void => {
    if (frame.current === null) return;
    tied.current?.close();
    tied.current = connectFrame(frame.current, { team, agent }, look, {
      status: setStatus,
      trouble: setTrouble,
      key: (key) => {
        if (key === 'leave') leave.current?.focus();
        else switching.current(key === 'next' ? 1 : -1);
      },
    });
    if (!isTile && !readOnly) tied.current.focus();
  };
  useEffect(() => () => tied.current?.close(), []);
  useEffect(() => tied.current?.look(look), [isDark.value, readOnly, isFollowing]);

  return (
    <div ref={box} class={`pane ${isTile ? 'tile' : ''} ${trouble === undefined ? '' : 'old'}`}>
      <div class="pane-line" ref={leave} tabIndex={-1}>
        <strong>{agent}</strong>
        <span class="muted">
          {trouble ?? (status === undefined ? 'connecting…' : lineOf(status, isTile))}
        </span>
        {!isTile && readOnly && <span class="badge">read only</span>}
      </div>
      <iframe
        ref={frame}
        src="/assets/pane.html"
        title={`Terminal of ${agent}`}
        sandbox="allow-scripts"
        onLoad={tie}
        {...(isTile ? { tabIndex: -1 } : {})}
      />
    </div>
  );
}

function lineOf({ status, viewers, names, policy }: Status, isTile: boolean): string {
  const { state, task, unread } = status;
  const others =
    viewers > 1 && !isTile
      ? `${viewers} watch (${names.join(', ')}), the ${policy === 'smallest' ? 'smallest' : 'last active'} decides the size`
      : '';
  return [state, task ?? '', unread > 0 ? `${unread} unread` : '', others]
    .filter((part) => part !== '')
    .join(' · ');
}
