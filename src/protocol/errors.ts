/** Every error that cowork can show, in one place. `docs/errors.md` is made from this table. */

/** What a process exits with: 1 failed, 2 wrong use, 3 no such thing, 4 refused, 5 timed out. */
export type ExitCode = 1 | 2 | 3 | 4 | 5;

interface ErrorEntry {
  exit: ExitCode;
  /** When this happens, as the docs say it. */
  means: string;
  /** What the user can do about it; the default of the error's hint. */
  hint: string;
}

const entry = (exit: ExitCode, means: string, hint: string): ErrorEntry => ({ exit, means, hint });

export const ERRORS = {
  INTERNAL: entry(
    1,
    'cowork met a state that it did not expect',
    'Run again with COWORK_LOG_LEVEL=debug and report what it prints.',
  ),
  FILE_FAILED: entry(
    1,
    'a file or folder could not be made, read or written; the message says which, and the cause why',
    'Look at what is named: its rights, a file where a folder should be, a disk that is read-only. COWORK_HOME names another place for all that cowork keeps.',
  ),
  USAGE: entry(2, 'a command, flag or argument is not known or not complete', 'See `cowork --help`.'),
  NAME_INVALID: entry(
    2,
    'a name of a team or agent is not of the allowed form',
    'Use 1 to 63 of a-z, 0-9 and -, beginning with a letter or digit; lead, user and team are taken.',
  ),
  MESSAGE_TOO_LARGE: entry(
    2,
    'the text of a message is over 512 KiB',
    'Put the text into a file in a grant and send its path.',
  ),
  MESSAGE_NOT_WRITTEN: entry(
    1,
    'a message could not be written to the inbox of its recipient; the cause says why (disk full, no permission, folder gone)',
    'Mend the cause and send again; with the same key it can never arrive twice.',
  ),
  MESSAGE_UNKNOWN: entry(3, 'there is no message of this id that the asker may read', 'See `cowork mail`.'),
  MESSAGE_BODY_MISSING: entry(
    1,
    'the text of a long message, which is kept beside the inbox, is gone or was changed',
    'Ask its sender to send it again.',
  ),
  MESSAGE_WAIT_TIMEOUT: entry(
    5,
    'a message has not come as far as was waited for; it is kept and still on its way',
    'See `cowork mail --agent NAME` for its state and `cowork status` for what the agent does.',
  ),
  MEMORY_INVALID: entry(
    2,
    'a name of a note, or what is to be done with it, is not of the allowed form',
    'Use user/NAME.md or project/NAME.md (agents: below /memories) with a-z, 0-9, ., _ and -.',
  ),
  MEMORY_UNKNOWN: entry(3, 'there is no note of this name', 'See `cowork memory`.'),
  MEMORY_CHANGED: entry(
    4,
    'somebody else has changed a note since it was seen, or it was never seen',
    'View it as it is now, and decide again.',
  ),
  MEMORY_FULL: entry(
    4,
    'a note is larger than 16 KiB, or the notes of the user or of a project are more than 100 or 512 KiB',
    'Join what belongs together and delete what is no longer true.',
  ),
  MEMORY_SECRET: entry(
    4,
    'a text that is to be remembered has what looks like a key, token, password or card number',
    'Leave it out; say where it is kept instead.',
  ),
  MEMORY_NOT_AGREED: entry(
    4,
    'a note of the project was written or changed past cowork, and the user has not agreed to it as it is now',
    'The user reads and agrees: cowork memory allow NAME. An agent takes another name.',
  ),
  MEMORY_FOLDER: entry(
    4,
    'the notes of a project are in its folder .cowork/memory, and that, or a part of it, is no plain folder or may not be written to',
    'Make it a folder that you may write to, or keep the note as user/NAME.md.',
  ),
  RATE_LIMITED: entry(
    4,
    'an agent sends more messages than it may; the message says when it may go on',
    'Say more in fewer messages; tell results through the task list.',
  ),
  STORE_UNREACHABLE: entry(
    1,
    'the server that keeps the mail and tasks of a team can not be reached, or did not answer in time',
    'Check the address that the team was launched with and the network; repeat with the same key, then nothing happens twice.',
  ),
  TASK_INVALID: entry(
    2,
    'a task has no subject, or a text over 32 KiB',
    'Give one line as the subject; put long texts into a file.',
  ),
  TASK_NOT_WRITTEN: entry(
    1,
    'a change of the task list could not be written to its journal; the cause says why',
    'Mend the cause and try again; nothing was changed.',
  ),
  TASK_UNKNOWN: entry(3, 'a task id is not on the list', 'See `cowork tasks`.'),
  TASK_CYCLE: entry(
    2,
    'dependencies of tasks would go in a circle',
    'Leave out one of the dependencies that are named.',
  ),
  TASK_TAKEN: entry(
    4,
    'somebody else has the task, or it is reserved for somebody else',
    'Claim another task.',
  ),
  TASK_NONE_OPEN: entry(
    4,
    'no task is open for whoever asked',
    'Wait until a task is added, finished or released.',
  ),
  TASK_NOT_YOURS: entry(
    4,
    'only who claimed the task, with the claim that still stands, may change its state',
    'Claim the task first; the user and the lead can release it.',
  ),
  TASK_STATE: entry(
    4,
    'the state that a task is in does not allow the change',
    'See `cowork tasks show ID` for its state and history.',
  ),
  TASK_EVIDENCE_MISSING: entry(
    4,
    'a task that needs evidence was to be settled without it, or the evidence says that it failed',
    'Give evidence: a command with exit code 0, or the path of an artifact.',
  ),
  TASK_REVIEW_MISSING: entry(
    4,
    'a task that needs review was to be completed by its own owner',
    'Put it to review; another agent, the lead or the user completes it or sends it back.',
  ),
  STALE_WRITER: entry(
    4,
    'the writer is an earlier life of an agent that has been started again since, or was stopped',
    'Nothing to do: the present life of the agent goes on with its work.',
  ),
  LOCK_TIMEOUT: entry(
    5,
    'a lock was not free in time; the message names the process that has it',
    'Try again; when the process is dead, the supervisor of the team frees the lock.',
  ),
  LOCK_LOST: entry(
    1,
    'a lock was taken away from its holder, so what the holder was about to write was not written',
    'Try again.',
  ),
  JOURNAL_NOT_WRITTEN: entry(
    1,
    'a record could not be written whole and made durable; the cause says why (disk full, no permission, folder gone)',
    'Mend the cause and try again.',
  ),
  JOURNAL_UNREADABLE: entry(
    1,
    'a file of the team can not be read, or is not what cowork wrote',
    'Look at the file that is named: its rights, and what wrote to it.',
  ),
  MODEL_NOT_CONFIGURED: entry(
    2,
    'nothing is set that could answer the agents: no key, no base URL, no rehearsal',
    'Set ANTHROPIC_API_KEY, or set ANTHROPIC_BASE_URL to a server that speaks the Messages API, or name a script with --rehearsal FILE.',
  ),
  MODEL_KEY_INVALID: entry(
    2,
    'ANTHROPIC_API_KEY holds spaces, line ends or other characters that no key has',
    'Copy the key again and set it without quotes or line ends.',
  ),
  MODEL_URL_INVALID: entry(
    2,
    'ANTHROPIC_BASE_URL is not an http or https address, or carries a user, a password or a query',
    'Give it like https://models.example.org or http://127.0.0.1:11434, without /v1/messages.',
  ),
  REHEARSAL_INVALID: entry(
    2,
    'the file named with --rehearsal is missing, does not load or exports no rehearsal',
    'See docs/models.md for how a rehearsal script is written.',
  ),
  PRICES_INVALID: entry(
    2,
    'prices.json in COWORK_HOME is no table of prices',
    'Write it like {"a-model": {"input": 3, "output": 15, "cacheRead": 0.3, "cacheWrite": 3.75}}, in USD per million tokens.',
  ),
  BUDGET_REACHED: entry(
    4,
    'a limit of the team is reached, so what was asked for is not done',
    'The user can raise it with `cowork resume`; see `cowork status`.',
  ),
  ARTIFACT_UNKNOWN: entry(3, 'an artifact of this id was not presented', 'See `cowork artifacts`.'),
  PLAN_NEEDED: entry(
    4,
    'an agent wants to change something before its plan was approved',
    'Look around with read, glob and grep, then submit_plan and end your turn; the lead decides.',
  ),
  PLAN_STATE: entry(
    4,
    'a plan is submitted or reviewed that is not due',
    'A plan is submitted when one is needed, and reviewed once it is submitted.',
  ),
  TEAM_TAKEN: entry(
    4,
    'a team of this name exists already',
    'Take another name with --team, or remove the old one: `cowork remove --team NAME`.',
  ),
  TEAM_UNKNOWN: entry(3, 'there is no team of this name, or none at all', 'See `cowork teams`.'),
  TEAM_UNREADABLE: entry(
    1,
    "a team's record can't be read",
    'Look at team.json in the folder of the team; it is plain JSON.',
  ),
  TEAM_NEWER: entry(
    4,
    'a team has a newer format than this cowork knows; nothing of it was read or changed',
    'Update cowork, or use the one that the team was made with.',
  ),
  TEAM_RUNNING: entry(4, 'a running team would be removed', 'Stop it first: `cowork stop`.'),
  TEAM_FULL: entry(
    4,
    'a team would get more teammates than one may have',
    'Give the work to those who are there.',
  ),
  TEAM_ENDED: entry(
    4,
    'a team that has ended is asked to do something',
    'Bring it back with `cowork resume`, or launch a new team.',
  ),
  TRANSCRIPT_MISSING: entry(
    4,
    'an agent that has worked is to go on, and what it remembers is not there',
    'Put the file back from a copy, or launch a new team, which starts afresh.',
  ),
  SERVICE_UNAVAILABLE: entry(
    1,
    'cowork is to start at login, and there is no systemd to do it',
    'Run `cowork service start` yourself after a login, or from whatever starts programs here.',
  ),
  SERVICE_FOREIGN: entry(
    4,
    "a unit of systemd has the name of cowork's, and somebody else has written it",
    'Look at it, and move it away when you do not need it.',
  ),
  LEAD_CHANGING: entry(
    4,
    'a team is to get another lead while it is getting one',
    'See `cowork status`; a team that does not run has its new lead once it is resumed.',
  ),
  TURN_UNKNOWN: entry(
    3,
    'a team is to begin at a turn that its agent has not had',
    'See `cowork fork --list`, with AGENT for another agent than the lead.',
  ),
  FORK_REFUSED: entry(
    4,
    'a new team is to begin as another one was, and not all of that can be taken back to then',
    'Launch a new team, and tell it in the job what is done already.',
  ),
  SCHEDULE_UNKNOWN: entry(3, 'there is no schedule of this name', 'See `cowork schedule list`.'),
  SCHEDULE_TAKEN: entry(
    4,
    'a schedule of this name exists already',
    'Take another name with --name, or remove the old one: `cowork schedule remove NAME`.',
  ),
  SCHEDULE_UNREADABLE: entry(
    1,
    "a schedule's file can't be read",
    'Look at schedule.json in its folder; it is plain JSON. Remove the folder and add it again.',
  ),
  AGENT_UNKNOWN: entry(3, 'there is no agent of this name in the team', 'See `cowork status`.'),
  AGENT_ELSEWHERE: entry(
    4,
    'an agent runs on another host of the team; mail and tasks reach it, its terminal and files are there',
    'Use cowork on that host.',
  ),
  JOIN_REFUSED: entry(
    4,
    'a host can not join a team on a server; the message says why',
    'See `docs/scale.md`.',
  ),
  AGENT_TAKEN: entry(4, 'there is an agent of this name in the team', 'Take another name.'),
  JOB_OPEN: entry(
    4,
    'a job is finished while tasks are open',
    'Settle or cancel them first, or finish with force.',
  ),
  JOB_EMPTY: entry(
    2,
    'a team is launched without a job',
    'Say what is to be done: `cowork launch "…"`, or --job-file FILE.',
  ),
  GRANT_INVALID: entry(
    2,
    "a folder to be granted does not exist, is no folder or can't be read",
    'Give an existing folder: --grant PATH or --grant PATH:ro.',
  ),
  NOT_GRANTED: entry(
    3,
    'a path is named that lies in no folder that the team may write',
    'Give a path in a granted folder, as it is on this machine.',
  ),
  CHANGES_CONFLICT: entry(
    4,
    'something would be overwritten that somebody outside the team, or another agent, has changed; nothing was done',
    'See `cowork diff PATH`. Name only the paths that you want, or add --force: what stands there is then kept first.',
  ),
  CHANGES_NOT_APPLIED: entry(
    1,
    'some of what was to be applied could not be, while the rest was',
    'See `cowork diff` for what is left, mend the reason, and apply again.',
  ),
  CHANGES_WAITING: entry(
    4,
    'a team is to be removed while changes wait that agents made in a folder under review',
    'See `cowork diff`; land them with `cowork apply`, or take them back with `cowork undo`.',
  ),
  APPROVAL_UNKNOWN: entry(3, 'there is no request of this id', 'See `cowork approvals --all`.'),
  APPROVAL_SETTLED: entry(
    4,
    'a request is answered that has its answer already, or whose time is over',
    'Nothing to do; an agent that still needs it asks again.',
  ),
  ARCHIVE_INVALID: entry(
    4,
    'an archive of a team is damaged, too large, or holds what no team has',
    'Export the team again with `cowork export`; import no archive of somebody whom you do not trust.',
  ),
  PROJECT_UNKNOWN: entry(
    3,
    'no folder at or above this one is a project',
    'Make a folder .cowork in the one that is to be a project, and run it there.',
  ),
  SETTINGS_INVALID: entry(
    2,
    'settings.json of the home, or of a project, holds what cowork does not know',
    'Mend or remove the line that is named; `docs/approvals.md`, `docs/projects.md`, `docs/housekeeping.md` and `docs/telemetry.md` say what may stand there.',
  ),
  APPROVALS_FULL: entry(
    4,
    'an agent asks for more while 20 of its requests are open',
    'Go on with what is allowed; the user has the open ones to answer.',
  ),
  TOOL_REFUSED: entry(4, 'an agent calls a tool that its role does not have', 'Ask the lead.'),
  REQUEST_INVALID: entry(
    2,
    'a request does not have the shape that the gate or a command needs',
    'Mend what the message names.',
  ),
  FETCH_FAILED: entry(
    1,
    'a page could not be fetched; the message says why',
    'When its host is not allowed and the job needs it, ask with request_access.',
  ),
  REQUEST_TOO_LARGE: entry(
    2,
    'the body of a gate request is too large',
    'Write large things to a file and name the file.',
  ),
  ROUTE_UNKNOWN: entry(3, 'the gate has no such route', 'See docs/gate.md for what it has.'),
  SANDBOX_UNAVAILABLE: entry(
    4,
    'a virtual machine was asked for and none can run here',
    'See `cowork doctor`; `--sandbox none` runs agents directly on the host, by your word only.',
  ),
  TEAM_NOT_READY: entry(
    5,
    'agents of a new team were not ready in time',
    'See `cowork status` for the step that hangs, and `cowork doctor`.',
  ),
  STOP_TIMEOUT: entry(
    5,
    'a team or agent that was stopped has not ended in time',
    'Look at the logs in the folder of the team, and stop it again.',
  ),
  WAIT_TIMEOUT: entry(
    5,
    '`cowork wait` reached its time-out while the team was still running',
    'Wait longer with --timeout, or look with `cowork status`.',
  ),
  JOB_FAILED: entry(
    1,
    'the team ended without having done the job',
    'See `cowork status` for the reason and `cowork mail` for what was said.',
  ),
  START_FAILED: entry(1, "a process of cowork can't be started", 'See the log that the message names.'),
  PANE_UNAVAILABLE: entry(
    1,
    "an agent's pane can't be reached or can't be served",
    'See `cowork status`: the agent may be stopped, or just be started again.',
  ),
  NOT_A_TERMINAL: entry(
    2,
    'a command that needs a terminal was started without one, or with TERM=dumb',
    'Run it in a terminal; `cowork mail --follow` and `cowork status` work without one.',
  ),
  TMUX_MISSING: entry(
    3,
    '`--tmux` was asked for and there is no tmux',
    'Install tmux, or leave `--tmux` out: `cowork panes` needs none.',
  ),
  TMUX_FAILED: entry(
    1,
    'tmux refused to open a window',
    'Look at what tmux says; `cowork panes` works without it.',
  ),
  RECORDING_UNREADABLE: entry(
    3,
    "a pane's recording is not there or is no asciicast v2 file",
    'See `ls $COWORK_HOME/teams/TEAM/agents/AGENT`; recordings are `pane.cast` and `pane.1.cast`.',
  ),
  QEMU_MISSING: entry(
    1,
    'the program that runs micro-VMs is not installed, or does not start',
    "Run `npm run setup`, or install Debian's qemu-system-x86.",
  ),
  QEMU_TOO_OLD: entry(
    1,
    'the program that runs micro-VMs is older than what cowork knows to work',
    'Install QEMU 7.2 or newer: Debian 12, Ubuntu 24.04 and later have it.',
  ),
  IMAGE_MISSING: entry(
    1,
    'the guest image was never built, or is of another version of cowork',
    'Build it: `npm run setup` or `cowork image build`.',
  ),
  IMAGE_BUILD_FAILED: entry(
    1,
    'the guest image could not be built; the message holds the last words of the program that failed',
    'Look at what the program says; most often the package mirror was not reached. Then run `cowork image build` again.',
  ),
  DISK_FULL: entry(
    1,
    'there is not enough room on the disk; nothing half-made was left',
    'Make room (an image needs 1.5 GB while it is built), or set COWORK_HOME to another disk.',
  ),
  VM_START_FAILED: entry(
    1,
    'a micro-VM ended before its agent ran; the message holds its last words',
    'Run `cowork doctor`; when it finds nothing, rebuild the image with `cowork image build --force`.',
  ),
  TEMPLATE_FAILED: entry(
    1,
    'the template of a booted machine could not be made, or what was made could not be restored; agents boot cold meanwhile, which takes seconds',
    'Run `cowork image build` to try again and see each step.',
  ),
  VM_START_TIMEOUT: entry(
    5,
    'a step of the start of a micro-VM was not reached in time; the message names the step',
    'Start fewer agents at once, or see `cowork doctor` for what the machine can do.',
  ),
  HOST_INVALID: entry(
    2,
    'what should be allowed is no host, or one in a form that programs read differently',
    'Give a name, a suffix or an address, with a port if it is not 80 or 443: example.com, *.example.com:8443, [::1]:8080.',
  ),
  FILES_UNSUPPORTED: entry(
    1,
    'granted folders cannot be served on this system',
    'Use a Linux host with /proc mounted, or start the team without grants.',
  ),
  GIT_UNUSABLE: entry(
    2,
    'a folder that was granted as a clone is no git repository that can be cloned; the message says why',
    'Grant the top folder of a repository with at least one commit, or use another mode.',
  ),
  GIT_BRANCH_TAKEN: entry(
    4,
    'the repository has a branch already that the team needs for its result',
    'Choose another name for the team with --team, or rename or delete the branch.',
  ),
  GIT_FAILED: entry(
    1,
    'a git command of the host failed or took too long; the message holds its last words',
    'Mend what it names; what was done before is kept, and `cowork resume` goes on from it.',
  ),
  CHECK_FAILED_TO_RUN: entry(
    1,
    'the machine in which a push is checked could not be started, or ended before the check did',
    'It is tried again by itself. See `cowork doctor` when it goes on.',
  ),
  PLUGIN_UNKNOWN: entry(
    3,
    'no plugin or marketplace of this name is installed, listed or at this place',
    'See `cowork plugin list` and `cowork plugin marketplace list`.',
  ),
  PLUGIN_REFUSED: entry(
    4,
    'a plugin or marketplace can not be used; the message names the file and the reason',
    'See all findings with `cowork plugin validate PATH`.',
  ),
  PLUGIN_SOURCE_INVALID: entry(
    2,
    'the source of a plugin or marketplace is none that can be fetched',
    'Give owner/repo, the https or ssh address of a git repository, a folder, a file, or NAME@MARKETPLACE.',
  ),
  PLUGIN_FETCH_FAILED: entry(
    1,
    'a plugin or marketplace could not be fetched; the message says why. What was installed stays as it was',
    'Mend what the message names and try again.',
  ),
  PLUGIN_CONSENT: entry(
    4,
    'something would run that nobody has agreed to',
    'Look at what the message names, and agree with --yes.',
  ),
  PLUGIN_CONFIG_INVALID: entry(
    2,
    'a value that a plugin asks for can’t be what was given, or what is kept of such values can not be read',
    'See what it takes: cowork plugin config PLUGIN.',
  ),
  SKILL_UNKNOWN: entry(
    3,
    'no skill, command or agent definition of this name is there for whoever asks',
    'See what the team was launched with: `cowork plugin list`, and /skills at an agent’s prompt.',
  ),
  HOOK_REFUSED: entry(
    4,
    'a hook of a plugin refused a call of an agent’s tool; the message is the hook’s reason',
    'Do it as the hook says. `cowork hooks` shows which are armed and what they said last.',
  ),
  SERVER_TOOL_UNKNOWN: entry(
    3,
    'an agent called a tool that none of its MCP servers has now, or that is not among its tools',
    'See `cowork connector list -t TEAM` for how its servers fare.',
  ),
  SERVER_FAILED: entry(
    1,
    'an MCP server did not answer, or answered with an error',
    'The message is the server’s; `cowork connector list -t TEAM` shows what it wrote last.',
  ),
  CONNECTOR_UNKNOWN: entry(3, 'there is no connector of this name', 'See `cowork connector list`.'),
  CONNECTOR_INVALID: entry(
    2,
    'a connector can’t be what was given: a name, an address or a command of another form',
    'See `cowork connector --help`.',
  ),
  CONNECTOR_LOGIN_FAILED: entry(
    1,
    'logging in to a connector did not succeed; the message says at which step and why',
    'Try again: cowork connector login NAME.',
  ),
  SECRETS_UNREADABLE: entry(
    1,
    'what cowork keeps encrypted (tokens of connectors, options of plugins) can not be read: its key or the file was changed or lost',
    'Remove the folder secrets/ of the home and log in to your connectors again.',
  ),
  FORM_INVALID: entry(
    2,
    'what was filled into a form of an MCP server does not fit its fields; the form stays open',
    'Give each field as name=value, separated by semicolons: `cowork approvals allow ID --note "a=1; b=2"`.',
  ),
  PLUGIN_TAKEN: entry(
    4,
    'another plugin or marketplace of this name is installed',
    'Remove it first: `cowork plugin remove NAME`.',
  ),
  WEB_PORT: entry(
    1,
    'the dashboard can not listen on the port that was asked for',
    'Choose another one with --port, or leave it out.',
  ),
  WEB_NO_SESSION: entry(
    4,
    'a browser asked the dashboard for something without a session, or its session is over',
    'Run `cowork web` (or press Enter where it runs) and open the link that it prints; each works once.',
  ),
  WEB_REFUSED: entry(
    4,
    'a request to the dashboard came from another page, or for another name than that of this machine',
    'Open the dashboard by the link that `cowork web` prints.',
  ),
  WEB_READ_ONLY: entry(
    4,
    'a session of the dashboard that may only look asked for a change',
    'Open a link of `cowork web` without --read-only.',
  ),
  WEB_TOKEN_REFUSED: entry(
    4,
    'a request to the dashboard brought a token that it does not know',
    'See `cowork web token list`; make one with `cowork web token create NAME`.',
  ),
  WEB_TOKEN_TAKEN: entry(
    4,
    'a new token was to have the name of one that is there',
    'Choose another name, or revoke that one: `cowork web token revoke NAME`.',
  ),
  WEB_TOKEN_UNKNOWN: entry(3, 'a token was named that is not there', 'See `cowork web token list`.'),
  WEB_TOKENS_UNREADABLE: entry(
    1,
    'the file of tokens of the dashboard can not be read or is no such file',
    'Mend it, or move it away and make new tokens: `cowork web token create NAME`.',
  ),
  WEB_TOO_MANY: entry(
    4,
    'too many wrong tokens or passphrases came to the dashboard from one address',
    'Wait as long as the answer says (Retry-After), then try the right one.',
  ),
  WEB_HOST: entry(
    2,
    'the dashboard was to listen where it does not: at all addresses, at one of the internet, or at none of this machine',
    'Name one address that this machine has in its local network (`hostname -I` shows them). From further away use a tunnel: `ssh -L`.',
  ),
  WEB_PASSPHRASE_MISSING: entry(
    4,
    'the dashboard was to be shown to the local network without a passphrase',
    'Run it at a terminal, which asks for one, or give --passphrase-file FILE. Without --host nobody else reaches it.',
  ),
  WEB_PASSPHRASE_WEAK: entry(
    2,
    'a passphrase for the dashboard is too short',
    'Take four or more words that do not belong together.',
  ),
  WEB_PASSPHRASE_UNREADABLE: entry(
    1,
    'the file with the hash of the passphrase can not be read or is no such file',
    'Give a new one: `cowork web --host ADDRESS --passphrase-file FILE`.',
  ),
  WEB_PASSPHRASE_NEEDED: entry(
    4,
    'a browser asked the dashboard in a local network for something before it gave the passphrase',
    'Open the address in the browser and give the passphrase.',
  ),
  WEB_PASSPHRASE_WRONG: entry(
    4,
    'a wrong passphrase was given to the dashboard',
    'Give the right one. A new one is set by `cowork web --host ADDRESS --passphrase-file FILE`.',
  ),
  WEB_COMMAND_TIMEOUT: entry(
    5,
    'a command that the dashboard ran did not end in time',
    'Run it in a terminal, and see what it waits for.',
  ),
  WEB_LAUNCHING: entry(
    4,
    'a team was to be launched or resumed from the dashboard while that was under way already',
    'Wait for it, or stop it: the list of teams shows how far it is.',
  ),
  WEB_FOLDER: entry(
    3,
    'a folder that the dashboard was to list is not there or can not be read',
    'Choose another one, or type its path.',
  ),
  WEB_UNKNOWN: entry(
    3,
    'the dashboard has nothing at an address',
    'Begin at the front page of the dashboard.',
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** The shape of an error on stderr with `--json`, in a gate answer and in a tool error. */
export interface ErrorBody {
  error: { code: string; message: string; hint: string };
}

/** An error that tells a person what failed, why, and what to do. */
export class CoworkError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CoworkError';
    this.code = code;
    this.hint = options.hint ?? ERRORS[code].hint;
  }

  get exitCode(): ExitCode {
    return ERRORS[this.code].exit;
  }

  toJSON(): ErrorBody {
    return { error: { code: this.code, message: this.message, hint: this.hint } };
  }
}

/** Turns anything thrown into a coded error; what has no code becomes INTERNAL with its cause kept. */
export function toCoworkError(thrown: unknown): CoworkError {
  if (thrown instanceof CoworkError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return fileError(thrown) ?? new CoworkError('INTERNAL', message, { cause: thrown });
}

/** What the file system refuses is about the machine, not about cowork. */
function fileError(thrown: unknown): CoworkError | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  if (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT')
    return new CoworkError('DISK_FULL', 'The disk is full.', { cause: thrown });
  const isRefusal = [
    'EACCES',
    'EPERM',
    'EROFS',
    'ENOTDIR',
    'EISDIR',
    'ELOOP',
    'ENAMETOOLONG',
    'ENOENT',
  ].includes(String(thrown.code));
  const path =
    'path' in thrown && 'syscall' in thrown && !String(thrown.syscall).startsWith('spawn')
      ? thrown.path
      : undefined;
  return isRefusal && typeof path === 'string'
    ? new CoworkError(
        'FILE_FAILED',
        `${path} can't be used: ${/^\w+: ([^,]+)/.exec(thrown.message)?.[1] ?? thrown.message}.`,
        { cause: thrown },
      )
    : undefined;
}

/** Whether an error comes from a server that could not be reached, whatever was made of it on the way. */
export function isUnreachable(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof CoworkError && at.code === 'STORE_UNREACHABLE') return true;
  }
  return false;
}
