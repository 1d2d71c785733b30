// What the page and the frame of a terminal say to each other.

export type ToFrame =
  | {
      type: 'look';
      isDark: boolean;
      readOnly: boolean;
      /** Whether it takes the size that the pane has, instead of saying what fits. */
      isFollowing: boolean;
      /** One of many: not reached by keys. */
      isTile: boolean;
      label: string;
    }
  /** `isWhole`: what follows draws everything anew. */
  | { type: 'size'; cols: number; rows: number; isWhole: boolean }
  | { type: 'bytes'; bytes: Uint8Array }
  | { type: 'focus' };

export type FromFrame =
  | { type: 'ready' }
  | { type: 'fits'; cols: number; rows: number }
  | { type: 'input'; text: string }
  /** Bytes as letters, for reports of a mouse. */
  | { type: 'binary'; text: string }
  | { type: 'parsed'; bytes: number }
  | { type: 'key'; key: 'leave' | 'next' | 'previous' };
