import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Message } from '../../protocol/message.ts';
import { passes } from '../feed/timeline.ts';
import type { TimelineItem } from '../shapes.ts';
import { get } from './api.ts';
import { Composer } from './composer.tsx';
import { FindWords, Whose } from './filters.tsx';
import { LongList } from './long-list.tsx';
import { merge } from './merge.ts';
import { CommandLine, Empty, Who } from './parts.tsx';
import { linkTo, place, shown, timeline } from './state.ts';
import { threadOf } from './thread.ts';
import { dayOf, timeOf, timeZone } from './words.ts';

const KINDS = [
  { kind: 'message', label: 'Mail' },
  { kind: 'task', label: 'Tasks' },
  { kind: 'life', label: 'Starts and ends' },
  { kind: 'approval', label: 'Requests' },
  { kind: 'alert', label: 'Alerts' },
] as const;

/** Items that are fetched at once when the end of the list comes near. */
const OLDER = 500;

interface Page {
  items: TimelineItem[];
  hasOlder: boolean;
}

/** What happened, the newest first, with filters. */
export function TimelineView() {
  const team = shown.value?.status.team;
  const [kinds, setKinds] = useState<readonly string[]>([]);
  const [agent, setAgent] = useState('');
  const [words, setWords] = useState('');
  /** What was fetched beyond the live items: older ones, and those that pass the filter. */
  const [more, setMore] = useState<Page | undefined>(undefined);
  const isFiltered = kinds.length > 0 || agent !== '' || words !== '';
  const query = new URLSearchParams({
    ...(kinds.length === 0 ? {} : { kinds: kinds.join(',') }),
    ...(agent === '' ? {} : { agent }),
    ...(words === '' ? {} : { words }),
  }).toString();
  useEffect(() => {
    setMore(undefined);
    if (!isFiltered || team === undefined) return;
    let isWanted = true;
    const timer = setTimeout(() => {
      get<Page>(`/teams/${encodeURIComponent(team)}/timeline?${query}`).then(
        (page) => {
          if (isWanted) setMore(page);
        },
        () => undefined, // what is live stays shown; the page says that the server does not answer
      );
    }, 150);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [query, team]);
  const live = timeline.value;
  const thread = place.value.view === 'timeline' ? place.value.more : undefined;
  const items = useMemo(() => {
    const filter = {
      kinds: kinds.length === 0 ? undefined : kinds,
      agent: agent || undefined,
      words: words || undefined,
    };
    const all = merge(more?.items ?? [], live.items);
    if (thread !== undefined) return threadOf(all, thread);
    return isFiltered ? all.filter((item) => passes(item, filter)) : all;
  }, [more, live.items, query, thread]);
  const keys = useMemo(() => items.map(({ key }) => key).reverse(), [items]);
  const hasOlder = more?.hasOlder ?? live.hasOlder;
  /** For what older items are being asked, so that they are asked for once and come to where they were asked for. */
  const asking = useRef('');
  const here = `${team}?${query}${thread === undefined ? '' : `&thread=${thread}`}`;
  const shownHere = useRef(here);
  shownHere.current = here;
  if (team === undefined) return null;

  const loadOlder = async (): Promise<void> => {
    const oldest = items[0];
    if (!hasOlder || oldest === undefined || asking.current === here) return;
    asking.current = here;
    try {
      const before = encodeURIComponent(oldest.key);
      const path = `/teams/${encodeURIComponent(team)}/timeline?${query}&before=${before}&limit=${OLDER}`;
      const page = await get<Page>(path);
      if (shownHere.current === here)
        setMore((known) => ({ items: merge(known?.items ?? items, page.items), hasOlder: page.hasOlder }));
    } finally {
      asking.current = '';
    }
  };
  const loadQuietly = (): void => void loadOlder().catch(() => undefined); // the button is there, and the page says what is wrong
  const toggle = (kind: string): void =>
    setKinds(kinds.includes(kind) ? kinds.filter((each) => each !== kind) : [...kinds, kind]);

  return (
    <section aria-label="Timeline">
      <Composer />
      {thread !== undefined && (
        <p class="row thread-head">
          One conversation: {items.length} messages that answer each other.{' '}
          <a href={linkTo(team, 'timeline')}>Show all</a>
        </p>
      )}
      <div class="filters" hidden={thread !== undefined}>
        <fieldset class="chips" aria-label="Kinds">
          {KINDS.map(({ kind, label }) => (
            <button key={kind} type="button" aria-pressed={kinds.includes(kind)} onClick={() => toggle(kind)}>
              {label}
            </button>
          ))}
        </fieldset>
        <Whose
          label="Agent"
          value={agent}
          choices={[
            { value: '', label: 'Everybody' },
            { value: 'user', label: 'you' },
            ...(shown.value?.status.agents ?? []).map(({ name }) => ({ value: name, label: name })),
          ]}
          onChange={setAgent}
        />
        <FindWords value={words} onChange={setWords} />
      </div>
      {items.length === 0 &&
        (isFiltered ? (
          <Empty title="Nothing like this yet">Take a filter away to see more.</Empty>
        ) : (
          <Empty title="Nothing has happened yet">
            Mail between agents, claims of tasks, lives and deaths of agents, requests and alerts come here as
            they happen.
          </Empty>
        ))}
      <LongList
        key={here}
        name="timeline"
        keys={keys}
        row={(index) => {
          const at = items.length - 1 - index; // the newest first
          const item = items[at] as TimelineItem; // there is one for each key
          const next = items[at + 1];
          const isNewDay = next === undefined || dayOf(next.at) !== dayOf(item.at);
          return {
            className: `event event-${item.kind}`,
            content: <Item item={item} day={isNewDay ? dayOf(item.at) : undefined} team={team} />,
          };
        }}
        onNearEnd={loadQuietly}
      />
      {hasOlder && (
        <button type="button" onClick={loadQuietly}>
          Older
        </button>
      )}
      <p class="muted zone">Times are those of {timeZone()}.</p>
      <CommandLine>{`cowork mail --timeline -t ${place.value.team ?? ''}${agent === '' ? '' : ` --agent ${agent}`}`}</CommandLine>
    </section>
  );
}

const SIGNS = { message: '✉', task: '▪', life: '●', approval: '?', alert: '!' } as const;

function Item({ item, day, team }: { item: TimelineItem; day: string | undefined; team: string }) {
  const { at, kind, who, text, to, message, isCut } = item;
  const [whole, setWhole] = useState<string | undefined>(undefined);
  const readWhole = async (): Promise<void> => {
    const path = `/teams/${encodeURIComponent(team)}/messages/${encodeURIComponent(to?.[0]?.name ?? '')}/${message?.id}`;
    setWhole((await get<Message>(path)).text);
  };
  const marks = [
    message !== undefined && message.kind !== 'message' ? message.kind : '',
    message !== undefined && message.priority !== 'steer' ? message.priority : '',
    message?.broadcastId ? 'to all' : '',
    message?.replyTo ? 'answer' : '',
  ].filter((mark) => mark !== '');
  return (
    <>
      {day !== undefined && <h2 class="day">{day}</h2>}
      <div class="event-line">
        <time dateTime={at} title={at}>
          {timeOf(at)}
        </time>
        <span class="sign" aria-hidden="true">
          {SIGNS[kind]}
        </span>
        <div class="event-body">
          <span class="event-head">
            <Who name={who} small />
            {to !== undefined && (
              <>
                <span class="muted" role="img" aria-label="to">
                  →
                </span>
                {to.length > 3 ? (
                  <span>{to.length} agents</span>
                ) : (
                  to.map(({ name }) => <Who key={name} name={name} small />)
                )}
                <Marks to={to} />
              </>
            )}
            {message !== undefined && place.value.more !== message.id && (
              <a
                class="quiet thread-link"
                href={linkTo(team, 'timeline', message.id)}
                title="The conversation that it belongs to"
              >
                thread
              </a>
            )}
            {marks.map((mark) => (
              <span key={mark} class="chip">
                {mark}
              </span>
            ))}
          </span>
          <p class={kind === 'message' ? 'text mail' : 'text'}>
            {whole ?? text}
            {isCut && whole === undefined && (
              <button type="button" class="quiet" onClick={() => void readWhole()}>
                … the whole text
              </button>
            )}
          </p>
        </div>
      </div>
    </>
  );
}

/** What the states of mail mean, for whoever points at one. */
const MEANINGS: Record<string, string> = {
  queued: 'In the inbox, not yet given to the agent.',
  delivered: 'Given to the agent, not yet read.',
  seen: 'The model has read it.',
  acked: 'Answered, or dealt with.',
  undeliverable: 'Nobody is there to get it.',
};

/** How far a message is, by its slowest recipient. */
function Marks({ to }: { to: NonNullable<TimelineItem['to']> }) {
  const states = ['undeliverable', 'queued', 'delivered', 'seen', 'acked'];
  const slowest = states.find((state) => to.some((each) => each.state === state)) ?? '';
  const told = `${MEANINGS[slowest] ?? ''} ${to.map(({ name, state }) => `${name}: ${state}`).join(', ')}`;
  return (
    <span class={`mail-state mail-${slowest}`} title={told}>
      {slowest}
    </span>
  );
}
