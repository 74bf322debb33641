import { learnMessage } from './learn.ts';
import type { ActorChat, ActorMessage, From } from './memory.ts';
import type { World } from './world.ts';

/**
 * What a script says about an act. Whatever it leaves out, chance decides. Throws a RangeError when something has the
 * wrong type or names what is not there.
 */
export class Args {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>> = {}) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    return this.#typed(name, 'string');
  }

  number(name: string): number | undefined {
    return this.#typed(name, 'number');
  }

  flag(name: string): boolean | undefined {
    return this.#typed(name, 'boolean');
  }

  /** Unix milliseconds: what `atMs` says, else now. */
  atMs(world: World): number {
    return this.number('atMs') ?? world.now();
  }

  /** The chat that `chat` names by its guid, its identifier or its ROWID; else one that fits; undefined when none does. */
  chat(world: World, fits: (chat: ActorChat) => boolean = () => true, name = 'chat'): ActorChat | undefined {
    const wanted = this.#values[name];
    if (wanted === undefined) return world.somewhere(fits);
    const found = world.memory.chats.find(
      (chat) => chat.guid === wanted || chat.identifier === wanted || chat.rowId === wanted,
    );
    if (found === undefined) throw new RangeError(`there is no such chat: ${name}`);
    return found;
  }

  /** The message that `message` names by its guid; else one that fits; undefined when none does. */
  message(world: World, fits: (message: ActorMessage) => boolean): ActorMessage | undefined {
    const guid = this.text('message');
    if (guid === undefined) return world.memory.pick(world.random, fits);
    const found = world.memory.get(guid) ?? learnMessage(world, guid);
    if (found === undefined) throw new RangeError('there is no such message');
    if (!fits(found)) throw new RangeError('this cannot be done to this message');
    return found;
  }

  /** Who acts: `from` is "me" or an address; else the owner or a member of the chat. */
  from(world: World, chat: ActorChat): From {
    const wanted = this.text('from');
    if (wanted === undefined) return world.somebody(chat);
    if (wanted === 'me') return 'me';
    return chat.members.find((member) => member.id === wanted) ?? world.addressOf(wanted);
  }

  #typed<T>(name: string, type: 'string' | 'number' | 'boolean'): T | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== type) throw new RangeError(`${name} has to be a ${type}`);
    return value as T;
  }
}
