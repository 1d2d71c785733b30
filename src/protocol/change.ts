/** What differs in one place of a grant, as `cowork diff --json` prints it and the dashboard shows it. */
export interface Change {
  grant: string;
  path: string;
  change: 'created' | 'modified' | 'deleted' | 'renamed' | 'attributes';
  /** Where it was before, when it was renamed. */
  from: string | null;
  agents: string[];
  by: string;
  at: string;
  conflict: string | null;
  was: FileFacts | null;
  is: FileFacts | null;
  /** Whether it waits for `cowork apply`, in the agent's own version of the grant. */
  staged: boolean;
  /** Of a repository that agents work on in clones: the branch that holds it. */
  branch?: string;
  /** Lines of a unified diff, or null: `summary` says why there are none. */
  diff: string[] | null;
  summary: string | null;
}

export interface FileFacts {
  kind: string;
  mode: string;
  size: number;
}
