import type { LiveChat, LiveMessage, LiveReaction } from '../actions.ts';
import type { Ranges } from '../edit-info.ts';
import type { Address, JoinedAttachment } from '../history/model.ts';
import type { Random } from '../random.ts';

/** A row of `chat`, with who is in it. */
export type ActorChat = LiveChat & { guid: string; members: Address[]; isSelf: boolean };

export type From = 'me' | Address;

/**
 * Where a message stands: in its chat; not yet in it; recently deleted; waiting for its hour; or no longer there, in
 * which case whoever still holds it must leave it alone.
 */
export type Standing = 'live' | 'unjoined' | 'deleted' | 'scheduled' | 'gone';

export type ActorMessage = LiveMessage & {
  chat: ActorChat;
  from: From;
  standing: Standing;
  /** One part whose text we know: it can be edited, unsent and detected. */
  isPlain: boolean;
  /** The texts of its parts that are left, by number, where it has several. */
  parts: Map<number, { text: string; at: number }> | null;
  /** What each part took of the first text, also of those that were unsent since. */
  ranges: Ranges;
  attachments: JoinedAttachment[];
};

export type ActorReaction = LiveReaction & { target: ActorMessage; from: From };

/** So many messages are remembered; the oldest are forgotten first. */
const MESSAGE_LIMIT = 2_000;
const REACTION_LIMIT = 500;
/** What was said last is what people react to. */
const NEWEST = 12;

/** What later acts have to know of earlier ones. */
export class Memory {
  chats: ActorChat[] = [];
  readonly reactions: ActorReaction[] = [];
  readonly #messages: ActorMessage[] = [];
  readonly #byGuid = new Map<string, ActorMessage>();

  get messages(): readonly ActorMessage[] {
    return this.#messages;
  }

  get(guid: string): ActorMessage | undefined {
    return this.#byGuid.get(guid);
  }

  remember(message: ActorMessage): ActorMessage {
    this.#messages.push(message);
    this.#byGuid.set(message.guid, message);
    if (this.#messages.length > MESSAGE_LIMIT) {
      const oldest = this.#messages.shift();
      // It is still there, only not ours to act on any more.
      if (oldest !== undefined) this.#byGuid.delete(oldest.guid);
    }
    return message;
  }

  /** The row is no longer there. */
  forget(message: ActorMessage): void {
    message.standing = 'gone';
    this.#byGuid.delete(message.guid);
    const at = this.#messages.indexOf(message);
    if (at >= 0) this.#messages.splice(at, 1);
    this.forgetReactions((reaction) => reaction.target === message);
  }

  /** The message lives on in another row, under another guid. */
  rename(message: ActorMessage, guid: string, rowId: number): void {
    this.#byGuid.delete(message.guid);
    // What was said of the old guid is not said of the new one.
    this.forgetReactions((reaction) => reaction.target === message);
    message.guid = guid;
    message.rowId = rowId;
    this.#byGuid.set(guid, message);
  }

  rememberReaction(reaction: ActorReaction): void {
    this.reactions.push(reaction);
    if (this.reactions.length > REACTION_LIMIT) this.reactions.shift();
  }

  forgetReactions(fits: (reaction: ActorReaction) => boolean): void {
    for (let at = this.reactions.length - 1; at >= 0; at -= 1) {
      const reaction = this.reactions[at];
      if (reaction !== undefined && fits(reaction)) this.reactions.splice(at, 1);
    }
  }

  reactionOf(target: ActorMessage, from: From, part: number): ActorReaction | undefined {
    return this.reactions.find(
      (reaction) => reaction.target === target && reaction.part === part && isSame(reaction.from, from),
    );
  }

  /** Everything: the file is another one now. */
  clear(): void {
    for (const message of this.#messages) message.standing = 'gone';
    this.#messages.length = 0;
    this.#byGuid.clear();
    this.reactions.length = 0;
    this.chats = [];
  }

  /** A message that fits: mostly one of the newest, now and then any; undefined when none does. */
  pick(random: Random, fits: (message: ActorMessage) => boolean): ActorMessage | undefined {
    const found = this.#messages.filter(fits);
    if (found.length === 0) return undefined;
    return random.chance(0.6) ? random.pick(found.slice(-NEWEST)) : random.pick(found);
  }
}

export function isSame(a: From, b: From): boolean {
  if (a === 'me' || b === 'me') return a === b;
  return a.id === b.id;
}
