/** What a command does beyond its flags; texts of docs/commands.md. */
export const COMMAND_NOTES = {
  launch: `
The job is text, from the command line, a file or stdin. Everything that can be known to be wrong is refused before a file is made. On a terminal the
command attaches to the lead; else, or with \`--detach\` or \`--json\`, it returns once every agent is ready or has failed: exit 1 when the team failed.
It never ends the team.

- A grant is an existing folder; \`rw\` and \`keep\` need the right to write ([modes](files.md)). cowork's own files can't be granted. Its name under \`/grants\` is the base name of the path, with \`-2\` and so on when that
  is taken.
- \`PATH:clone\` is a git repository: agents push, \`--check COMMAND\` decides, one branch of yours gets the result ([git jobs](git-jobs.md)).
- Without \`--teammates\` or \`--teammate\` there are three: ada, ben, cleo. \`--teammates 0\` is a lead alone; at most 64.
- \`--limit NAME=NUMBER\` bounds each agent ([limits of an agent](vm.md#limits-of-an-agent)).
- Without \`--team\` the name is made of the first words of the job. \`lead\`, \`user\` and \`team\` are taken.
- \`--json\` prints \`{"team","dir","agents":[name…]}\`.`,
  teams:
    'The newest last. `--json` prints an array of `{"team","state","job","created","elapsedMs","costUsd","agents":[name…]}`.',
  status: `
Changes nothing and needs no running process. The column SANDBOX says \`none!\` where an agent runs without a VM, else the accelerator; LIFE is the
incarnation. \`--json\` prints \`{"team","state","job","created","elapsedMs","agents","tasks","alerts","costUsd","summary","rehearsal"}\`, with a repository also \`repositories\`. A team is
\`starting\`, \`running\`, \`paused\` (a limit is reached; \`resume\` raises it), \`done\`, \`failed\` or \`stopped\`; an agent is \`starting\`, \`working\`, \`idle\`, \`waiting\`, \`wedged\`, \`stopping\`, \`stopped\` or \`failed\`.`,
  wait: `
Returns when the team is over and none of its processes is left; exit 0 when it is \`done\`, else 1, and 5 after \`--timeout\`. A team whose supervisor is
gone gets a new one, so \`wait\` also brings a killed team back. Prints what \`status\` prints.`,
  attach:
    'Needs a terminal. Ctrl-] d detaches, Ctrl-] ? shows all keys; they are in [panes](panes.md). The team goes on without you.',
  panes:
    'Needs a terminal, unless `--tmux` is given. Arrows, Tab or 1 … 9 move the focus, Enter attaches, q leaves ([panes](panes.md)). The team goes on without you.',
  web: `
Prints a link for a browser on this machine; it works once, within ten minutes, and each Enter on a terminal prints another. Ctrl-C ends the [dashboard](web.md) and
nothing else. \`--json\` prints \`{"url","port"}\`, one line for each link. With \`--host\` it is shown [to the local network](web.md#in-the-local-network), and prints its address and the certificate's
\`fingerprint\`. \`cowork web token create NAME\` makes a token for [the API](api.md).`,
  replay: 'Needs a terminal. Space pauses, + and - change the speed, q leaves. Works on teams that are over.',
  send: `
The message is from \`user\` and goes before everything else in the eyes of the agent. To an agent that does not run it is kept and marked
undeliverable, and you are told. \`--wait seen\` returns when it has come so far: exit 5 after \`--timeout\` seconds (the message stays on its way), exit 1 when
it is undeliverable. A text of over 32 KiB is kept beside the inbox and read by the agent in pieces; over 512 KiB it is refused. \`--json\` prints the message.`,
  broadcast: 'Goes to every agent that is wanted running, as one message each under one `broadcastId`.',
  mail: `
Oldest first; shows the state of each message: queued, delivered (handed to the machine), seen (the model began to answer a request with it), acked
(that turn is over), undeliverable. Mail to \`user\` stays queued: nobody marks it. \`--json\` prints one object a line. Changes no byte of the team.

- \`--thread ID\` shows what the message answers and what answers it; \`--message ID\` one message with its whole text; \`--last N\` the newest, without
  reading the rest.
- \`--timeline\` is for people: mail (a broadcast is one event with the state of each recipient), what became of tasks and pushes, lives and deaths of agents, approvals, alerts.`,
  tasks: `
Without words the list. \`tasks show ID\`, \`tasks add SUBJECT\`, \`tasks edit ID\`, \`tasks release ID\`, \`tasks cancel ID\`. An idle teammate takes a new
task at once, as long as the team runs. \`cancel\` also cancels what depends on the task and can never begin; with \`--only\` that stays blocked.
\`release --owner NAME\` gives it to another agent. With \`--needs evidence\` it is completed only with a command and exit code 0 or an artifact, with
\`--needs review\` only by another agent, the lead or you. States: pending, blocked, in_progress, review, completed, failed, cancelled. \`--json\` prints the array, or the
task; \`show\` adds \`history\`.`,
  memory: `
Notes of yours (\`user/NAME.md\`) and of the project of the folder you are in (\`project/NAME.md\`), Markdown files that agents write and read, too: [memory](memory.md). \`edit\` opens an
editor or takes \`--text\`, and makes the note when it is not there. \`allow\` agrees to notes of the project that cowork did not write, all that wait or one; \`move\` brings notes of the project from the home into its
\`.cowork/memory\`. \`--json\` prints an array of \`{"name","title","bytes","revision","updated","by","where","isAgreed","problem"}\`, with \`text\` for \`show\` (one object) and
\`export\`, with \`excerpt\` for \`search\`; \`by\` is \`{"agent","team"}\`, or null for what was written past cowork; \`where\` is \`home\` or \`project\`; \`problem\` says why something there is no note. \`move\`
prints an array of \`{"name","to"}\`, \`allow\` with a NAME one note.`,
  history: `
Searches job, summary, tasks and mail of all teams, the best first ([memory and history](memory.md#history)). All words have to be there. The first search of many teams takes some seconds, as it
makes the index. \`--json\` prints an array of \`{"team","state","job","created","ended","summary","excerpt"}\`.`,
  diff: `
What differs from the first versions, of all agents or of one: created, modified, deleted, renamed, or only its rights (\`attributes\`), with who did it, a
unified diff of texts up to 1 MB, and a conflict where somebody outside the team has changed the same. Changes nothing; works while the team runs and when
it is over. PATH is a path on this machine, or \`/grants/NAME/…\`. \`--json\` prints an array of \`{"grant","path","change","from","agents","by","at","conflict",
"was","is","diff","summary"}\`, of a repository also \`branch\`. More in [granted folders](files.md).`,
  undo: `
Puts back names, bytes, rights, times and links. With a conflict nothing is done at all and the exit is 4 (\`CHANGES_CONFLICT\`). Whatever is replaced or
taken away is kept first, in \`checkpoints/user\` of the team. \`--agent\` puts back to what that agent found; what others changed since is a conflict.
\`--json\` prints an array of \`{"grant","path","change"}\`.`,
  approvals: `
Open requests, the oldest first; [what waits for you](approvals.md) has the kinds. \`approvals allow ID\`, \`approvals deny ID\`; each is answered once, and after 24 hours, or what
\`settings.json\` says, it is denied. A folder is looked up and checked when you allow it: what is then granted is its real path, for the whole team, at once. The agent is told by
mail in each case. \`--json\` prints an array of \`{"team","id","kind","agent","incarnation","what","why","detail","state","created","expires","answered",
"answeredBy","answeredIn","answeredWho","reach","note","result"}\`, or the one that was answered; state is \`open\`, \`allowed\`, \`denied\` or \`expired\`.`,
  export: `
One file, \`.tar.gz\`, of a team that has ended: record, mail, tasks, transcripts, recordings, logs, artifacts, requests and its \`/memory\`. First versions, staged changes, repositories, scratch
folders and plugins are about this machine and stay: [housekeeping](housekeeping.md). \`--json\` prints \`{"team","file","files","bytes"}\`.`,
  import: `
The archive may be anybody's: what is no file of a team, a link, a path that leads elsewhere, more than it says it holds, refuses it whole (\`ARCHIVE_INVALID\`). The team comes without
grants, hosts, project, plugins and rehearsal, in virtual machines, and as stopped. \`--json\` prints \`{"team","dir","files","bytes"}\`.`,
  clean: `
Without flags the sizes of all teams, by what they are made of. With \`--older-than\` or \`--over\` it shows which recordings and logs of teams that have ended would go, and removes them
with \`--yes\`. \`settings.json\` sets the same for each launch: [housekeeping](housekeeping.md). \`--json\` prints \`{"teams":[{"team","bytes","sizes"}],"goes":[{"team","path","kind","bytes","written"}],"images":[{"name","key","directory","bytes","used"}],"removed"}\`.`,
  project: `
What the [project](projects.md) brings in its \`.cowork/\`, what you have allowed for its later teams, and which teams belong to it. \`allow\` agrees to what it brings, notes included, exactly as it is now;
\`forget\` takes back that and all that was always allowed. \`--json\` prints \`{"path","brings","isAgreed","notes":{"agreed","waiting"},"checksum","hosts","folders","teams"}\`.`,
  spawn:
    'The teammate is on the roster at once and starts like the others; it gets the next open task when it is idle.',
  stop: `
An agent: it is asked to end its turn (2 s), its machine to end (4 s), then it is killed; its task is open again and its mail undeliverable. It is not
started again. The whole team the same, and the command returns when nothing of it is left. The lead is stopped with the team only.`,
  image: `
Without a word the list. \`build\` makes the image of this version when it is missing (about a minute; needs root or sudo without a password), \`--image office\` that of documents (about five); \`prune\`
removes all others but templates that a machine runs from. \`--json\` prints \`{"kind":"image","name","key","directory","created","bytes","kernelVersion","node","buildMs","isCurrent"}\` and
\`{"kind":"template","key","directory","created","bytes","image","accelerator","memoryMiB","buildMs","used","isCurrent"}\`; for \`list\` and \`prune\` as an array, for
\`build\` the image with \`template\`, the key of its template.`,
  plugin: `
Without words the list. \`plugin add SOURCE\`, \`plugin remove NAME\`, \`plugin update [NAME]\`, \`plugin validate PATH\`, \`plugin marketplace add SOURCE\`, \`plugin
marketplace list [NAME]\`, \`plugin marketplace remove NAME\`, \`plugin marketplace update [NAME]\`; sources, consent and findings are on [plugins](plugins.md). A plugin is \`loaded\`, loaded with
\`warnings\`, or \`refused\`. \`update\` ends with 4 when something new would run and is not agreed to, with 1 when something can't be fetched; \`validate\` with 4 when something is refused. \`--json\`
prints for \`list\` an array of \`{"name","title","description","version","state","scope","where","marketplace","source","revision","checksum","added","updated",
"consent","runs","components","findings":[{"severity","file","reason"}]}\`, for \`add\` one of them; for \`update\` an array of
\`{"name","scope","outcome","from","to","changes":[{"change","kind","name","detail"}],"reason"}\`; for \`marketplace list\`
\`{"name","description","state","source","revision","checksum","added","updated","plugins","findings"}\`.`,
  artifacts: `
What agents have shown with \`present\`; each is a copy in \`artifacts/\` of the team, with a version for each time the same title came. \`artifacts open ID\` prints the
path of one, and on a desktop shows texts, tables, pictures, PDF and office documents. Pages, drawings and programs it does not open by itself: what is run on this machine is past the
gate; \`cowork web\` shows pages so that they can do nothing. \`--json\` prints \`{"id","title","kind","maker","version","name","path","bytes","sha256","created"}\`, without words as an array.`,
  fork: `
The new team is called TEAM-fork unless you name it, and is started. What it takes over, and when that is refused: [from an earlier point](resume.md#from-an-earlier-point). Limits that you give
count for the new team. \`--list\` shows the turns of the lead, or of \`--agent\`; with \`--json\` an array of \`{"agent","turn","at","text","tools"}\`. \`--json\` prints \`{"team","dir","agents":[name…]}\`.`,
  promote: `
Returns when the lead before has ended; what both take along: [another lead](resume.md#another-lead). \`--json\` prints what \`status\` prints.`,
  resume: `
With \`--from\` a new team begins at an earlier point, as with \`fork\`.
Roster, tasks, unread mail, conversations and folders are as they were; what was claimed is open again. A team that was done or stopped is at work again, one
that runs is left as it is. With limits they are raised first: that is how a paused team goes on. Refused with \`TRANSCRIPT_MISSING\` when an agent would have
to start afresh. On a terminal it attaches to the lead; \`--json\` prints what \`launch\` prints.`,
  logs: 'Steps of the start, every request at the gate, how lives ended. `--json` prints the lines as they were written, one object each.',
  service: `
[Start at login](resume.md#start-at-login). \`start\` brings back each team that was running and has no supervisor, and the scheduler: exit 1 when one can't come back. \`--json\` prints
\`{"unit","notes"}\`, \`{"wasThere","notes"}\`, or an array of \`{"team","failed"}\`.`,
  doctor:
    'Exit 0 when teams can run here in VMs, else 1. `--json` prints `{"ok","checks":[{"name","ok","detail","hint"}]}`.',
  remove: `
Removes the folder of the team: mailbox, tasks, transcripts, recordings. Granted folders are not touched. A running team is refused with \`TEAM_RUNNING\`.`,
};
