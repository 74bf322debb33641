import { join } from '../../actions.ts';
import type { MessageRow } from '../../rows.ts';
import type { Body } from '../../text/body.ts';
import { type Step, step } from '../act.ts';
import type { ActorChat, ActorMessage, From } from '../memory.ts';
import type { World } from '../world.ts';

export type Saying = {
  from: From;
  atMs: number;
  text?: string;
  body?: Body;
  fields?: Partial<MessageRow>;
  /** How long until the row is joined to its chat; usually some milliseconds. */
  joinAfterMs?: number;
};

/** Says something as Messages does: the row, then its join, then, for an own message, that it was sent and delivered. */
export function* say(world: World, chat: ActorChat, saying: Saying): Generator<Step, ActorMessage, void> {
  const { joinAfterMs = world.random.between(2, 60), ...options } = saying;
  const fields = { is_sent: 0, ...options.fields };
  const message = world.commit(() => world.write(chat, { ...options, join: false, fields }));
  yield step('row', message, joinAfterMs);
  yield* settle(world, message);
  return message;
}

/** What follows the row of a message, unless it was taken away in between. */
export function* settle(world: World, message: ActorMessage): Generator<Step, void, void> {
  if (!joinNow(world, message)) return;
  const { random } = world;
  const isOwn = message.from === 'me' && !message.chat.isSelf;
  yield step('join', message, random.between(100, 600));
  if (!isOwn || message.standing !== 'live') return;
  world.commit(({ database }) => database.updateMessage(message.rowId, { is_sent: 1 }));
  yield step('sent', message, random.between(200, 4_000));
  if (message.standing !== 'live' || message.chat.service === 'SMS' || random.chance(0.2)) return;
  world.commit(({ database }) => {
    database.updateMessage(message.rowId, { is_delivered: 1, date_delivered: database.date(world.now()) });
  });
  yield step('delivered', message);
}

/** Joins a message to its chat; false when it is gone, or joined already. */
export function joinNow(world: World, message: ActorMessage): boolean {
  if (message.standing !== 'unjoined') return false;
  world.commit((pen) => join(pen, message));
  message.standing = 'live';
  return true;
}
