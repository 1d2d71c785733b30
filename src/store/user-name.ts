import { userInfo } from 'node:os';

/** The name of whoever runs this process, for the record; empty for a user without a name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // a number that is on no list
  }
}
