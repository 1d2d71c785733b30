/** The result of one tool call. */
export interface CallResult {
  name: string;
  text: string;
  /** The text parsed, or undefined when it is not JSON. A script knows its tools, so it says what it expects. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape belongs to the tool; scripts read it as they would in JavaScript
  json: any;
  isError: boolean;
  /** Whether an interrupt or a restart cut the call off; how far it had come is not known. */
  isCut: boolean;
}

/** A line of mail as the agent hands it to the model. */
export interface MailLine {
  id: string;
  from: string;
  kind: string;
  text: string;
  [field: string]: unknown;
}

/** A task that the runtime gave to the agent. */
export interface TaskLine {
  id: string;
  subject: string;
  description: string;
  [field: string]: unknown;
}

/** Something that happened in the team. */
export interface EventLine {
  type: string;
  task?: TaskLine;
  [field: string]: unknown;
}

/** What came in answer to one message of the agent. */
export interface Turn {
  /** In the order of the calls. */
  results: CallResult[];
  /** All text that arrived as user messages, joined by newlines. */
  said: string;
  mail: MailLine[];
  tasks: TaskLine[];
  events: EventLine[];
}

/** What has arrived and was not yet taken out by the script. */
export interface Inbox {
  mail: MailLine[];
  tasks: TaskLine[];
  events: EventLine[];
}

/** A turn from its parts; lines `MAIL {…}`, `TASK {…}` and `EVENT {…}` of the texts are parsed. */
export function turnOf(results: CallResult[], texts: readonly string[]): Turn {
  const said = texts.join('\n');
  // The agent writes one JSON object a line, in the shapes of the contract.
  return {
    results,
    said,
    mail: marked(said, 'MAIL') as unknown as MailLine[],
    tasks: marked(said, 'TASK') as unknown as TaskLine[],
    events: marked(said, 'EVENT') as unknown as EventLine[],
  };
}

/** How agents answer for a call that did not come to its end. */
const CUT_OFF = /\b(cut off|interrupted|aborted)\b/i;

/** A call's result from the text that the model saw. */
export function resultOf(name: string, text: string, isError: boolean): CallResult {
  return { name, text, json: parsed(text), isError, isCut: isError && CUT_OFF.test(text) };
}

function marked(text: string, mark: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${mark} {`))
    .map((line) => parsed(line.slice(mark.length + 1)))
    .filter((value) => value !== undefined) as Record<string, unknown>[]; // a line that begins with { parses to an object
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller has the text
  }
}
