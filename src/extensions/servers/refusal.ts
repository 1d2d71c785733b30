/** What no further attempt mends: a server wants a login that only the user can make, or can't be used as it is. */
export class ServerRefusal extends Error {
  readonly state: 'login' | 'failed';

  constructor(state: 'login' | 'failed', message: string) {
    super(message);
    this.state = state;
  }
}
