export interface FetchOptions {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  /** Folder of the marketplace whose relative paths are meant; without it a path is one of this host. */
  marketplace?: string | undefined;
  /** Whether a program that a marketplace names may be run on this host to find a plugin. */
  mayRunCommand?: boolean;
}

/** Files that were fetched, not judged yet. */
export interface Fetched {
  folder: string;
  /** Links may lead to here. */
  within: string;
  /** Commit, version or checksum by which the source calls what was fetched; empty when it has no such word. */
  revision: string;
}
