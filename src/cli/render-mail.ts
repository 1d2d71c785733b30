import type { Message } from '../protocol/message.ts';
import type { TimelineEvent } from '../supervisor/timeline.ts';
import { plainText } from '../text/plain.ts';

/** One message for a person: who to whom, how far it has come, and its text with control characters shown. */
export function renderMessage(message: Message): string {
  return renderOne(message, [{ name: message.to, state: message.state }]);
}

/** A team's line of time for a person. */
export function renderEvents(events: readonly TimelineEvent[]): string {
  return events
    .map((event) => {
      if (event.type === 'message') return renderOne(event.message, event.to);
      return `${timeOf(event.at)}  ${SIGNS[event.type]} ${plainText(event.who)}  ${plainText(event.text)}\n`;
    })
    .join('');
}

const SIGNS = { task: '▪', push: '⇡', life: '●', approval: '?', alert: '!' } as const;

function renderOne(message: Message, to: readonly { name: string; state: string }[]): string {
  const { id, created, from, kind, priority, text, broadcastId, replyTo } = message;
  const states = new Set(to.map(({ state }) => state));
  const isSame = states.size === 1;
  const names = to.map(({ name, state }) => (isSame ? name : `${name} (${state})`)).join(', ');
  const marks = [
    isSame ? (to[0]?.state ?? '') : '',
    kind === 'message' ? '' : kind,
    priority === 'steer' ? '' : priority,
    broadcastId ? 'broadcast' : '',
    replyTo === null ? '' : `answers ${replyTo}`,
  ].filter((mark) => mark !== '');
  const head = `${timeOf(created)}  ${from} → ${names}  [${marks.join(', ')}]  ${id}`;
  const body = plainText(text, { lines: true }).replaceAll('\n', '\n    ');
  return `${plainText(head)}\n    ${body}\n`;
}

/** What a writer said is its time: shown, not believed. */
const timeOf = (at: string): string => plainText(at.slice(11, 23));
