import type { TaskWithHistory } from '../../protocol/task.ts';
import type { TimelineEvent } from '../timeline.ts';
import type { ReportParts } from './collect.ts';
import { Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** Characters of a title, of a job that is shown at once, and of a result that is. */
const TITLE_MAX = 160;
const JOB_MAX = 600;
const BRIEF_MAX = 200;

/**
 * A report as one HTML file that needs nothing else: no script, no address outside. What agents wrote is text in it, and its own
 * policy says so once more.
 */
export function renderReport(parts: ReportParts): string {
  const { status, made } = parts;
  const { team, job, state, summary, rehearsal } = status;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title(job)} · ${team}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
<header>
<p class="kind">Report of a team${rehearsal === null ? '' : ', a rehearsal: a script played the models'}</p>
<h1>${title(job)}</h1>
<p class="muted">Team ${team}</p>
</header>
${figures(parts)}
${summary === null ? null : html`<section><h2>Summary</h2><div class="text summary">${summary}</div></section>`}
${open(parts)}
${artifacts(parts)}
${jobText(job)}
${tasks(parts.tasks)}
${changes(parts)}
${cost(parts)}
${timeline(parts)}
<footer>Made by cowork on ${clock(made)} (UTC), when the team was ${state}. Times are in UTC.</footer>
</main>
</body>
</html>
`;
  return page.text;
}

/** The first line of the job, as long as a title may be. */
function title(job: string): string {
  const [line = ''] = job.trim().split('\n');
  return line.length > TITLE_MAX ? `${line.slice(0, TITLE_MAX)}…` : line;
}

/** The job as it was given, where its title is not all of it. */
function jobText(job: string): Html | null {
  if (title(job) === job.trim()) return null;
  const body = html`<p class="text">${job}</p>`;
  if (job.length <= JOB_MAX) return html`<section><h2>The job</h2>${body}</section>`;
  return html`<section><h2>The job</h2><details class="task"><summary>As it was given</summary>${body}</details></section>`;
}

/** What the reader has to know before using the result: work that was not done, and alerts that nobody has seen to. */
function open({ tasks: all, status: { alerts } }: ReportParts): Html | null {
  const left = all.filter(({ state }) => state !== 'completed' && state !== 'cancelled');
  if (left.length === 0 && alerts.length === 0) return null;
  return html`<section><h2>Left open</h2><ul>
${left.map(({ id, state, subject }) => html`<li><span class="id">${id}</span> ${stateOf(state)} ${subject}</li>`)}
${alerts.map(({ agent, text }) => html`<li>${agent === null || text.startsWith(agent) ? '' : html`<strong>${agent}</strong> `}${text}</li>`)}
</ul></section>`;
}

const stateOf = (state: string): Html => html`<span class="state ${state}">${state.replace('_', ' ')}</span>`;

function figures({ status, tasks: all }: ReportParts): Html {
  const { state, created, ended, elapsedMs, agents, costUsd, rehearsal } = status;
  const done = all.filter((task) => task.state === 'completed').length;
  const pairs: [string, string][] = [
    ['State', state],
    ['Began', clock(created)],
    ['Ended', ended === null ? 'not yet' : clock(ended)],
    ['Took', span(elapsedMs)],
    ['Agents', String(agents.length)],
    ['Tasks done', `${done} of ${all.length}`],
    ['Money', rehearsal === null ? `$${costUsd.toFixed(2)}` : 'none'],
  ];
  return html`<dl class="figures">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function tasks(all: readonly TaskWithHistory[]): Html {
  if (all.length === 0) return html`<section><h2>Tasks</h2><p>None.</p></section>`;
  return html`<section><h2>Tasks</h2>${all.map(
    ({ id, subject, description, state, owner, dependsOn, result, evidence, history }) => html`
<details class="task"><summary><span class="id">${id}</span> ${stateOf(state)} <strong>${subject}</strong>${owner === null ? '' : html` <span class="muted">${owner}</span>`}${result === null ? null : html`<span class="brief">${brief(result)}</span>`}</summary>
${description === '' || description === subject ? null : html`<p class="text">${description}</p>`}
${dependsOn.length === 0 ? null : html`<p class="muted">After ${dependsOn.join(', ')}</p>`}
${result === null ? null : html`<h3>Result</h3><p class="text">${result}</p>`}
${evidence === null ? null : html`<h3>Evidence</h3><p class="text">${typeof evidence === 'string' ? evidence : JSON.stringify(evidence, null, 2)}</p>`}
<ol>${history.map(({ at, by, event, detail }) => html`<li><time>${clock(at)}</time> ${by} ${event} <span class="muted">${detail}</span></li>`)}</ol>
</details>`,
  )}</section>`;
}

/** The first line of a result. */
function brief(result: string): string {
  const line = result.trim().split('\n')[0] ?? '';
  return line.length > BRIEF_MAX ? `${line.slice(0, BRIEF_MAX)}…` : line;
}

function artifacts({ artifacts: all }: ReportParts): Html {
  if (all.length === 0) return html`<section><h2>Artifacts</h2><p>Nothing was presented.</p></section>`;
  // The results first; what was in scratch folders is kept, and is none of them.
  const [results, rest] = [all.filter(isResult), all.filter((each) => !isResult(each))];
  const newest = [...results, ...rest].filter(
    ({ artifact: { title, version } }) =>
      !all.some(({ artifact: other }) => other.title === title && other.version > version),
  );
  return html`<section><h2>Artifacts</h2>${newest.map(
    ({ artifact: { id, title, maker, version, bytes, sha256 }, file, content }) => html`
<details class="task"${'picture' in content ? new Html(' open') : ''}><summary><span class="id">${id}</span> <strong>${title}</strong>${version > 1 ? ` (version ${version})` : ''} <span class="muted">${file}, ${size(bytes)}, by ${maker}</span></summary>
${'table' in content ? table(content.table) : 'text' in content ? html`<pre>${content.text}</pre>` : 'picture' in content ? html`<img alt="${title}" src="${content.picture}">` : html`<p class="muted">Not shown here: ${content.left}. <code>cowork artifacts open ${id}</code> shows it.</p>`}
<p class="muted">SHA-256 <code>${sha256}</code></p>
${version > 1 ? html`<p class="muted">Earlier versions: ${earlier(all, title, version)}</p>` : null}
</details>`,
  )}</section>`;
}

const isResult = ({ artifact }: ReportParts['artifacts'][number]): boolean => artifact.kind !== 'workspace';

const earlier = (all: ReportParts['artifacts'], title: string, before: number): string =>
  all
    .filter(({ artifact }) => artifact.title === title && artifact.version < before)
    .map(({ artifact }) => artifact.id)
    .join(', ');

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function table([head = [], ...rows]: readonly string[][]): Html {
  return html`<div class="wide"><table><thead><tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td${isNumber(cell) ? new Html(' class="n"') : ''}>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

const isNumber = (text: string): boolean => /^[-+]?\d[\d.,' ]*%?$/.test(text);

function changes({ changes: all, status }: ReportParts): Html {
  const isRecorded = status.agents.every(({ sandbox }) => sandbox !== 'none');
  return html`<section><h2>Changes</h2>
${isRecorded ? null : html`<p class="muted">Agents ran without a virtual machine: what they changed is not recorded.</p>`}
${all.length === 0 ? html`<p>No folder was granted.</p>` : null}
${all.map(
  ({ grant, mode, reason, places, total }) => html`
<details class="task"${total > 0 && total <= 50 ? new Html(' open') : ''}><summary><strong>${grant}</strong> <span class="muted">${mode}, ${total} ${total === 1 ? 'place' : 'places'} changed</span></summary>
${reason === null ? null : html`<p class="muted">${reason}</p>`}
<table><tbody>${places.map(({ path, change, agents }) => html`<tr><td>${change}</td><td><code>${path}</code></td><td>${agents.join(', ')}</td></tr>`)}</tbody></table>
${total > places.length ? html`<p class="muted">The first ${places.length} of ${total}.</p>` : null}
</details>`,
)}</section>`;
}

function cost({ status: { agents, rehearsal } }: ReportParts): Html {
  return html`<section><h2>Cost</h2>${rehearsal === null ? null : html`<p class="muted">A script played the models: nothing was paid.</p>`}
<div class="wide"><table><thead><tr><th>Agent</th><th>Role</th><th>Model</th>${['Starts', 'Tokens in', 'From cache', 'To cache', 'Out', 'USD'].map((name) => html`<th class="n">${name}</th>`)}</tr></thead>
<tbody>${agents.map(
    ({ name, role, model, incarnation, tokens, costUsd }) =>
      html`<tr><td>${name}</td><td>${role}</td><td>${model}</td>${[incarnation, tokens.input, tokens.cacheRead, tokens.cacheWrite, tokens.output].map((n) => html`<td class="n">${many(n)}</td>`)}<td class="n">${costUsd.toFixed(4)}</td></tr>`,
  )}</tbody></table></div></section>`;
}

function timeline({ timeline: all, happened }: ReportParts): Html {
  return html`<section><h2>Timeline</h2>
${happened > all.length ? html`<p class="muted">The last ${all.length} of ${happened} events.</p>` : null}
<details class="task"><summary>${all.length} events</summary><ol class="events">${all.map(eventLine)}</ol></details></section>`;
}

function eventLine(event: TimelineEvent): Html {
  if (event.type !== 'message')
    return html`<li><time>${clock(event.at)}</time> <strong>${event.who}</strong> <span class="muted">${event.text}</span></li>`;
  const { message, to, at } = event;
  const names = to.length > 3 ? `${to.length} agents` : to.map(({ name }) => name).join(', ');
  return html`<li><time>${clock(at)}</time> <strong>${message.from} → ${names}</strong> <span class="text">${message.text}</span></li>`;
}

const many = (number: number): string => number.toLocaleString('en-US');

const clock = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)}`;

function span(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
