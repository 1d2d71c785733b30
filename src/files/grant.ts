/** A folder of the host that the guest sees as `/grants/NAME`. */
export interface Grant {
  /** One path component; what the guest sees. */
  name: string;
  /** Absolute path on the host; not a symbolic link. */
  root: string;
  /**
   * `ro` refuses every change, `rw` allows every change inside the grant, `keep` all but losing what was there, `review`
   * leaves the folder as it is and puts every change into a staging folder.
   */
  mode: 'ro' | 'rw' | 'keep' | 'review';
  /** Of `review`: where changes go instead. */
  staging?: Staging;
}

/** The staging folder of one writer, made when it is missing, and how what it does is signed there. */
export interface Staging {
  folder: string;
  writer: string;
  incarnation: number;
  ids: () => string;
}

/** What a guest can do to a place: make it, write into it, set mode, times or length, remove it, move it, link it a second time. */
export type ChangeKind = 'create' | 'write' | 'attributes' | 'remove' | 'rename' | 'link';

/** What happened in the file server, for logs and for the record of who changed what. Paths are relative to the grant. */
export type FileEvent =
  | { type: 'changed'; kind: ChangeKind; grant: string; path: string; to?: string }
  | { type: 'refused'; kind: ChangeKind; grant: string; path: string; to?: string; errno: number }
  | { type: 'violation'; reason: string }
  | { type: 'fault'; reason: string }
  | { type: 'failed'; name: string; reason: string };

/** A grant that could not be opened, and why, in words for the user. */
export interface FailedGrant {
  name: string;
  reason: string;
}
