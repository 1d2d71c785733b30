/** What no further attempt mends: a server wants a login or a value that only the user can give, or can't be used as it is. */
export class ServerRefusal extends Error {
  readonly state: 'login' | 'unset' | 'failed';

  constructor(state: ServerRefusal['state'], message: string) {
    super(message);
    this.state = state;
  }
}
