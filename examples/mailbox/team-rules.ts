import { quote } from '../rehearsing.ts';

/** What the lead tells all about dates that can't be right. */
export const OUTSIDE_RULE =
  'Rule: the Date header decides, not the Received lines. A mail that is dated outside 1995 to 2003 goes to undated with the reason implausible.';

/** What everybody in a rehearsal answers to the user. */
export const TO_USER = 'I have read it; but this is a rehearsal, and I can only play my part.';

/** The input of a bash call that runs the team's program in the folder of the mails. */
export function program(box: string, args: string): { command: string } {
  return { command: `cd ${quote(box)} && python3 -I -S .team/mailbox.py ${args}` };
}
