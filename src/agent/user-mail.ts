import type { Message } from '../protocol/message.ts';
import type { SessionHooks } from './hooks/session.ts';
import type { Incoming } from './incoming.ts';
import { Skills } from './skills/skills.ts';

/** What hooks, skills and commands make of mail before it waits for the model. */
export class UserMail {
  readonly #incoming: Incoming;
  readonly #skills: Skills;
  readonly #hooks: SessionHooks;

  constructor(incoming: Incoming, skills: Skills, hooks: SessionHooks) {
    this.#incoming = incoming;
    this.#skills = skills;
    this.#hooks = hooks;
  }

  /** Takes a message: a command of the user enters with the text that it stands for, mail of others as it is and at once. */
  async accept(message: Message): Promise<void> {
    if (message.from === 'user' && !this.#incoming.knows(message)) {
      const { refused, told } = await this.#follows(message.text);
      if (refused !== '') return this.#incoming.refuse(message, refused);
      if (told !== '') this.#incoming.explain(message, told);
    }
    this.#incoming.accept({ type: 'mail', messages: [message] });
  }

  /** What follows from words of the user: why a hook holds them back, or what the model is told beside them. */
  async #follows(words: string): Promise<{ refused: string; told: string }> {
    const { refused, context } = await this.#hooks.userSaid(words);
    if (refused !== '') return { refused, told: '' };
    const command = Skills.commandIn(words);
    const text = command === undefined ? undefined : await this.#skills.commanded(words);
    const held =
      command === undefined || text === undefined
        ? ''
        : await this.#hooks.userCommand(words, command.name, command.rest);
    return { refused: held, told: [text ?? '', context].filter((part) => part !== '').join('\n') };
  }
}
