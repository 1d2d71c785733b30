/** What a command's module exports. */
export interface CommandModule {
  /** Returns the exit code when it is not 0. */
  run: (args: CommandArguments, surroundings: Surroundings) => Promise<number | undefined>;
}

export type CommandArguments = Record<string, unknown> & {
  json?: boolean;
  team?: string;
  /** Words behind `--`; they are among the positionals, too. */
  behindDashes?: string[];
};

/** The process as a command sees it. */
export interface Surroundings {
  env: NodeJS.ProcessEnv;
  home: string;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}
