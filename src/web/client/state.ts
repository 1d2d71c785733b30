import { computed, signal } from '@preact/signals';
import type { Task } from '../../protocol/task.ts';
import type { TeamEvent, TeamParts, TeamSnapshot, TeamsPage, TimelineItem } from '../shapes.ts';
import { get, Refusal } from './api.ts';
import { merge } from './merge.ts';

export interface Shown extends TeamParts {
  tasks: Task[];
}

/** Where we are: `#/`, `#/~VIEW`, `#/TEAM/VIEW`. */
export const place = signal(readPlace());
export const teams = signal<TeamsPage | undefined>(undefined);
/** The team that is shown, and its line of time. */
export const shown = signal<Shown | undefined>(undefined);
export const timeline = signal<{ items: TimelineItem[]; hasOlder: boolean }>({ items: [], hasOlder: false });
export const readOnly = signal(false);
/** Why nothing can be shown, or that what is shown is old. */
export const trouble = signal<Refusal | undefined>(undefined);
export const isLive = signal(false);
/** Ticks each second, for times that run. */
export const now = signal(Date.now());
const wide = matchMedia('(min-width: 1700px)');
/** Whether there is room for the timeline beside a view; as in app.css. */
export const isWide = signal(wide.matches);
wide.addEventListener('change', ({ matches }) => {
  isWide.value = matches;
});
export const openTask = signal<string | undefined>(undefined);

export const title = computed(() => {
  const { team } = place.value;
  const open =
    team === undefined
      ? (teams.value?.teams.reduce((sum, { waiting }) => sum + waiting, 0) ?? 0)
      : (shown.value?.approvals.filter(({ state }) => state === 'open').length ?? 0);
  return `${open > 0 ? `(${open}) ` : ''}${team ?? 'Teams'} · cowork`;
});

export interface Place {
  team: string | undefined;
  view: string;
  /** What of the view, where it has parts: `#/TEAM/VIEW/MORE`. */
  more: string | undefined;
}

function readPlace(): Place {
  const [, team, view, ...more] = location.hash.split('/').map(decodePart);
  // No team is called like this: `#/~memory` is a view of the machine.
  if (team?.startsWith('~')) return { team: undefined, view: team.slice(1), more: view || undefined };
  if (!team) return { team: undefined, view: 'teams', more: undefined };
  return { team, view: view || 'board', more: more.join('/') || undefined };
}

/** A link that somebody cut short is no reason to show nothing. */
function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const linkTo = (team: string, view = 'board', more?: string): string =>
  `#/${encodeURIComponent(team)}/${view}${more === undefined ? '' : `/${encodeURIComponent(more)}`}`;
export const go = (hash: string): void => {
  location.hash = hash;
};

/** How often the list of teams is asked for, in milliseconds. */
const LIST_MS = 2_000;
let source: EventSource | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Follows the address line, and begins to show what it says. */
export function start(): void {
  window.addEventListener('hashchange', () => {
    const before = place.value.team;
    place.value = readPlace();
    openTask.value = undefined;
    if (place.value.team !== before) show();
  });
  setInterval(() => {
    now.value = Date.now();
  }, 1_000);
  show();
}

/** Asks anew for what the address line says. */
export const reload = (): void => show();

function show(): void {
  source?.close();
  clearTimeout(timer);
  shown.value = undefined;
  timeline.value = { items: [], hasOlder: false };
  trouble.value = undefined;
  const { team } = place.value;
  if (team === undefined) void listTeams();
  else void openTeam(team);
}

async function listTeams(): Promise<void> {
  try {
    teams.value = await get<TeamsPage>('/teams');
    readOnly.value = teams.value.readOnly;
    trouble.value = undefined;
    isLive.value = true;
  } catch (error) {
    fail(error);
  }
  if (place.value.team === undefined) timer = setTimeout(() => void listTeams(), LIST_MS);
}

/** One snapshot paints all; the stream goes on from its cursor. */
async function openTeam(team: string): Promise<void> {
  const isHere = () => place.value.team === team;
  try {
    const snapshot = await get<TeamSnapshot>(`/teams/${encodeURIComponent(team)}`);
    if (!isHere()) return;
    take(snapshot);
    readOnly.value = snapshot.readOnly;
    trouble.value = undefined;
    follow(team, snapshot.cursor);
  } catch (error) {
    if (!isHere()) return;
    fail(error);
    timer = setTimeout(() => void openTeam(team), LIST_MS);
  }
}

function follow(team: string, cursor: string): void {
  source?.close();
  const stream = new EventSource(`/api/teams/${encodeURIComponent(team)}/events?after=${cursor}`);
  source = stream;
  let failures = 0;
  stream.onopen = () => {
    failures = 0;
    isLive.value = true;
    trouble.value = undefined;
  };
  stream.onmessage = ({ data }) => apply(JSON.parse(data) as TeamEvent); // our own server, of the same version
  stream.onerror = () => {
    // A stream that ends is no loss: where a browser has many tabs open, the server lets go of the later ones and they come back.
    if (failures++ > 0) isLive.value = false;
    // The browser tries again by itself, from the last event, unless the server refused: then that is asked why.
    if (stream.readyState === EventSource.CLOSED && source === stream)
      timer = setTimeout(() => void openTeam(team), LIST_MS);
  };
}

function take({
  status,
  approvals,
  artifacts,
  grants,
  tasks,
  timeline: items,
  hasOlder,
}: Omit<TeamSnapshot, 'readOnly'>): void {
  shown.value = { status, approvals, artifacts, grants, tasks };
  timeline.value = { items, hasOlder };
}

function apply(event: TeamEvent): void {
  const before = shown.value;
  if (event.type === 'reset') take(event.snapshot);
  else if (event.type === 'gone') {
    trouble.value = new Refusal('TEAM_UNKNOWN', event.message, 'See what is there: the list of teams.');
    shown.value = undefined;
  } else if (before === undefined) return;
  else if (event.type === 'parts') shown.value = { ...before, ...event.parts };
  else if (event.type === 'tasks') {
    const byId = new Map(before.tasks.map((task) => [task.id, task]));
    for (const task of event.tasks) byId.set(task.id, task);
    shown.value = { ...before, tasks: [...byId.values()] };
  } else timeline.value = { ...timeline.value, items: merge(timeline.value.items, event.items) };
}

function fail(error: unknown): void {
  isLive.value = false;
  trouble.value = error instanceof Refusal ? error : new Refusal('INTERNAL', String(error), '');
}
