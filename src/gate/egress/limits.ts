/** Most connections of one agent to the outside at a time. */
export const CONNECTIONS_MAX = 32;

/** How long a connection may be silent in both directions, in milliseconds. */
export const IDLE_MS = 300_000;

/** How long a program that has been let through may take to begin its TLS, in milliseconds. */
export const HELLO_MS = 30_000;

/** Connections and requests a second that an agent may make for long, and how many at once before that counts. */
export const PACE = { perSecond: 20, burst: 200 };

/** How long a connection that was refused stays for its program to read why, in milliseconds. */
export const LINGER_MS = 5_000;
