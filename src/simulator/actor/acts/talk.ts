import { receipt } from '../../actions.ts';
import { ChatMaker } from '../../history/chats.ts';
import type { Address } from '../../history/model.ts';
import { Body } from '../../text/body.ts';
import { writeLong } from '../../text/texts.ts';
import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import { learnChats } from '../learn.ts';
import type { ActorChat, ActorMessage } from '../memory.ts';
import type { World } from '../world.ts';
import { joinNow, say, settle } from './say.ts';

const DAY_MS = 86_400_000;

function textOf(world: World, args: Args): string {
  const bytes = args.number('bytes');
  return args.text('text') ?? (bytes === undefined ? world.words() : writeLong(world.random, bytes));
}

function* sayPlainly(world: World, args: Args): Steps {
  const chat = args.chat(world, (candidate) => !candidate.isSelf);
  if (chat === undefined) return;
  yield* say(world, chat, { from: args.from(world, chat), atMs: args.atMs(world), text: textOf(world, args) });
}

/** The row now, the join after seconds, or never: `joinAfterMs`, `never`. */
function* sayLate(world: World, args: Args): Steps {
  const chat = args.chat(world);
  if (chat === undefined) return;
  const { random } = world;
  const atMs = args.atMs(world);
  const joinAfterMs = args.number('joinAfterMs') ?? random.between(400, 15_000);
  const text = textOf(world, args);
  const from = args.from(world, chat);
  const message = world.commit(() => world.write(chat, { from, atMs, text, join: false }));
  yield step('row', message, joinAfterMs);
  if (args.flag('never') ?? random.chance(0.2)) return;
  yield* settle(world, message);
}

/** Joins a message that was left without its chat. */
function* joinLate(world: World, args: Args): Steps {
  const message = args.message(world, ({ standing }) => standing === 'unjoined');
  if (message !== undefined && joinNow(world, message)) yield step('join', message);
}

function found(
  world: World,
  make: (maker: ChatMaker) => { rows: readonly { rowId: number }[] },
): ActorChat | undefined {
  const rowId = world.commit(({ database, random, handles }) => {
    const chat = make(new ChatMaker(database, random, handles));
    return chat.rows[0]?.rowId;
  });
  learnChats(world);
  return world.memory.chats.find((chat) => chat.rowId === rowId);
}

/** Somebody unknown writes for the first time. */
function* newDirect(world: World, args: Args): Steps {
  const wanted = args.text('address');
  const who = wanted === undefined ? world.stranger() : world.addressOf(wanted);
  const service = args.text('service') ?? (who.id.includes('@') || world.random.chance(0.7) ? 'iMessage' : 'SMS');
  const chat = found(world, (maker) => maker.direct(who, [service]));
  if (chat === undefined) return;
  yield step('chat', chat, world.random.between(1, 50));
  if (!world.memory.chats.includes(chat)) return;
  const from = args.text('from') === undefined ? who : args.from(world, chat);
  yield* say(world, chat, { from, atMs: args.atMs(world), text: textOf(world, args) });
}

/** A group comes into being, with people who are known and people who are not, and its first message. */
function* newGroup(world: World, args: Args): Steps {
  const { random, memory } = world;
  const members = new Map<string, Address>();
  for (const id of args.text('members')?.split(',') ?? []) members.set(id, world.addressOf(id));
  const size = members.size > 0 ? members.size : random.between(2, 5);
  while (members.size < size) {
    const known = memory.chats.flatMap((chat) => (chat.isGroup || chat.isSelf ? [] : chat.members));
    const one = known.length > 0 && random.chance(0.7) ? random.pick(known) : world.stranger();
    members.set(one.id, one);
  }
  const name = args.text('name') ?? (random.chance(0.6) ? `Group ${random.int(1000)}` : null);
  const chat = found(world, (maker) => maker.group([...members.values()], args.text('service') ?? 'iMessage', name));
  if (chat === undefined) return;
  yield step('chat', chat, random.between(1, 50));
  if (!memory.chats.includes(chat)) return;
  yield* say(world, chat, { from: args.from(world, chat), atMs: args.atMs(world), text: textOf(world, args) });
}

/** Many at once: in one transaction (`together`), or one after the other with pauses in which a reader may wake up. */
function* burst(world: World, args: Args): Steps {
  const { random } = world;
  const count = args.number('count') ?? random.between(2, 20);
  const atMs = args.number('atMs');
  const chats = Array.from({ length: count }, () => args.chat(world, (chat) => !chat.isSelf)).filter(
    (chat) => chat !== undefined,
  );
  const now = (index: number) => (atMs === undefined ? world.now() : atMs + index);
  if (args.flag('together') ?? random.chance(0.5)) {
    const messages = world.commit(() =>
      chats.map((chat, index) =>
        world.write(chat, { from: args.from(world, chat), atMs: now(index), text: textOf(world, args) }),
      ),
    );
    const last = messages.at(-1);
    if (last !== undefined) yield step('rows', last);
    return;
  }
  for (const [index, chat] of chats.entries()) {
    if (!world.memory.chats.includes(chat)) continue;
    const from = args.from(world, chat);
    const message = world.commit(() => world.write(chat, { from, atMs: now(index), text: textOf(world, args) }));
    yield step('row and join', message, random.between(50, 220));
  }
}

/** The row comes without its text, which is filled in after the join. */
function* bodyLater(world: World, args: Args): Steps {
  const chat = args.chat(world);
  if (chat === undefined) return;
  const text = textOf(world, args);
  const from = args.from(world, chat);
  const atMs = args.atMs(world);
  const message = world.commit(() => {
    const fields = { text: null, attributedBody: null };
    return world.write(chat, { from, atMs, text, join: false, isPlain: false, fields });
  });
  yield step('row', message, world.random.between(5, 100));
  if (joinNow(world, message)) yield step('join', message, world.random.between(50, 2_000));
  if (message.standing === 'gone') return;
  world.commit(({ database, random }) => {
    database.updateMessage(message.rowId, {
      text: random.chance(database.facts.bodyOnlyShare) ? null : text,
      attributedBody: Body.of(text).encode(),
    });
  });
  message.isPlain = text.length > 0;
  yield step('body', message);
}

function* reply(world: World, args: Args): Steps {
  const original = args.message(world, ({ standing }) => standing === 'live');
  if (original === undefined) return;
  const { chat, guid } = original;
  const length = original.versions.at(-1)?.text.length ?? 1;
  const fields = { thread_originator_guid: guid, thread_originator_part: `0:0:${length}`, reply_to_guid: guid };
  yield* say(world, chat, { from: args.from(world, chat), atMs: args.atMs(world), text: textOf(world, args), fields });
}

/** What one says to oneself is there twice: sent, and received, with the own handle or with none. */
function* sayToSelf(world: World, args: Args): Steps {
  const self = args.chat(world, (chat) => chat.isSelf);
  const own = world.addressOf(world.owner.phone);
  const chat = self ?? found(world, (maker) => maker.direct(own, ['iMessage'], { isSelf: true }));
  if (chat === undefined) return;
  if (self === undefined) yield step('chat', chat, 5);
  const text = textOf(world, args);
  const atMs = args.atMs(world);
  yield* say(world, chat, { from: 'me', atMs, text });
  if (!world.memory.chats.includes(chat)) return;
  const fields = world.random.chance(0.2) ? { fields: { handle_id: 0 } } : {};
  yield* say(world, chat, { from: own, atMs, text, ...fields });
}

/** "Send later": a row with a date in the future, which is sent when its hour has come. */
function* schedule(world: World, args: Args): Steps {
  const chat = args.chat(world);
  if (chat === undefined) return;
  const { random } = world;
  const atMs = args.number('atMs') ?? world.now() + random.between(1, 14) * DAY_MS;
  const text = textOf(world, args);
  const fields = { schedule_type: 2, schedule_state: 1, is_sent: 0 };
  const message = world.commit(() => world.write(chat, { from: 'me', atMs, text, fields }));
  message.standing = 'scheduled';
  yield step('scheduled', message, random.between(1_000, 20_000));
  if (random.chance(0.5)) yield* sendScheduledNow(world, message, world.now());
}

function* sendScheduled(world: World, args: Args): Steps {
  const message = args.message(world, ({ standing }) => standing === 'scheduled');
  if (message !== undefined) yield* sendScheduledNow(world, message, args.atMs(world));
}

function* sendScheduledNow(world: World, message: ActorMessage, atMs: number): Steps {
  if (message.standing !== 'scheduled') return;
  world.commit(({ database }) => {
    database.updateMessage(message.rowId, { schedule_state: 2, is_sent: 1, date: database.date(atMs) });
  });
  Object.assign(message, { standing: 'live', atMs });
  for (const version of message.versions) version.atMs = atMs;
  yield step('sent', message);
}

const receiptOf = (kind: 'delivered' | 'read' | 'played', weight: number): Act => ({
  name: kind,
  weight,
  *play(world, args) {
    const message = args.message(world, ({ standing, from }) => {
      return standing === 'live' && (kind !== 'delivered' || from === 'me');
    });
    if (message === undefined) return;
    const atMs = args.atMs(world);
    world.commit((pen) => {
      if (kind !== 'played') receipt(pen, message, kind, atMs);
      else pen.database.updateMessage(message.rowId, { is_played: 1, date_played: pen.database.date(atMs) });
    });
    yield step(kind, message);
  },
});

/** People say something, and others read it. */
export const TALK_ACTS: readonly Act[] = [
  { name: 'say', weight: 40, play: sayPlainly },
  { name: 'sayLate', weight: 6, play: sayLate },
  { name: 'joinLate', weight: 2, play: joinLate },
  { name: 'newDirect', weight: 2, play: newDirect },
  { name: 'newGroup', weight: 1, play: newGroup },
  { name: 'burst', weight: 2, play: burst },
  { name: 'bodyLater', weight: 3, play: bodyLater },
  { name: 'reply', weight: 4, needs: ['message.thread_originator_guid'], play: reply },
  { name: 'sayToSelf', weight: 1, play: sayToSelf },
  { name: 'schedule', weight: 1, needs: ['message.schedule_type'], play: schedule },
  { name: 'sendScheduled', weight: 1, needs: ['message.schedule_type'], play: sendScheduled },
  receiptOf('delivered', 3),
  receiptOf('read', 5),
  receiptOf('played', 1),
];
