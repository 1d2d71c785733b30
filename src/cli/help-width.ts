/**
 * Columns of a line of help, in place of the package `string-width` that yargs lays its help out with: that one prepares for
 * emoji at load, which costs 40 ms of every command. Our help is ASCII.
 */
export default function helpWidth(text: string): number {
  return text.replaceAll(ANSI_COLOUR, '').length;
}

const ANSI_COLOUR = /\u001b\[[0-9;]*m/g;
