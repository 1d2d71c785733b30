/** Of a text, what is sent to be looked at, in bytes; the download has all. */
export const TEXT_SHOWN_MAX = 2 * 1024 * 1024;
/** Notebooks and pages are whole or nothing: their largest, in bytes. */
export const WHOLE_SHOWN_MAX = 16 * 1024 * 1024;
