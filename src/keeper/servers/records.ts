import type { ServerView } from '../../extensions/servers/lists.ts';
import { replaceFile } from '../../store/replace-file.ts';
import { closeAlert, raiseAlert } from '../../team/alerts.ts';
import { serversFile } from '../../team/paths.ts';
import type { ServerRecord } from '../../team/server-states.ts';
import { plainText } from '../../text/plain.ts';

/** Notes for people how the servers of an agent fare; disposed of when all is written. */
export interface ServerRecords extends AsyncDisposable {
  note(server: string, view: ServerView, said: string): void;
}

export function openServerRecords(dir: string, agent: string): ServerRecords {
  const records: Record<string, ServerRecord> = {};
  let writing: Promise<void> = Promise.resolve();
  let isQueued = false;
  const write = (): void => {
    if (isQueued) return;
    isQueued = true;
    // Not synced, and a full disk must not end the agent: nothing follows from it.
    writing = writing
      .then(() => {
        isQueued = false;
        return replaceFile(serversFile(dir, agent), `${JSON.stringify(records)}\n`, { durable: false });
      })
      .catch(() => {});
  };
  return {
    note: (server, { state, reason, tools, prompts, resources, protocol }, said) => {
      const before = records[server]?.state;
      records[server] = {
        ...{ state, reason: plainText(reason.replaceAll(/\s+/g, ' ')).slice(0, 1_000), protocol, said },
        ...{ tools: tools.length, prompts: prompts.length, resources: resources.length },
        at: new Date().toISOString(),
      };
      write();
      if (state === before) return;
      const kind = `server: ${server}`;
      if (state === 'failed' || state === 'login' || state === 'unset') {
        const words = plainText(reason.replaceAll(/\s+/g, ' ')).slice(0, 400);
        void raiseAlert(dir, agent, kind, `The MCP server ${server} of ${agent}: ${words}`);
      } else if (state === 'ready') void closeAlert(dir, agent, kind);
    },
    [Symbol.asyncDispose]: () => writing,
  };
}
