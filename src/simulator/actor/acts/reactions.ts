import { react, unreact } from '../../actions.ts';
import { Body } from '../../text/body.ts';
import { EMOJI } from '../../text/samples.ts';
import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import type { ActorMessage, ActorReaction, From } from '../memory.ts';
import type { World } from '../world.ts';
import { settle } from './say.ts';

/** From here on a reaction's code says that it was taken back. */
const REMOVED = 3000;

type Feeling = { code: number; emoji?: string };

/** `code` (2000 to 2006) and `emoji`, or what chance gives; never the code that is there already. */
function feeling(world: World, args: Args, other: number | null): Feeling {
  const { random } = world;
  const emoji = args.text('emoji') ?? random.pick(EMOJI);
  const code = args.number('code');
  if (code !== undefined) return code === 2006 ? { code, emoji } : { code };
  if (world.has('message.associated_message_emoji') && random.chance(0.2) && other !== 2006)
    return { code: 2006, emoji };
  const codes = [2000, 2001, 2002, 2003, 2004, 2005].filter((candidate) => candidate !== other);
  return { code: random.pick(codes) };
}

function partOf(world: World, args: Args, target: ActorMessage): number {
  const parts = [...(target.parts?.keys() ?? [])];
  return args.number('part') ?? (parts.length === 0 ? 0 : world.random.pick(parts));
}

const isThere = ({ standing }: ActorMessage) => standing === 'live';

function write(
  world: World,
  target: ActorMessage,
  from: From,
  part: number,
  felt: Feeling,
  atMs: number,
): ActorReaction {
  const replaces = world.memory.reactionOf(target, from, part);
  const replacement = replaces === undefined ? {} : { replaces };
  const written = world.commit((pen) => react(pen, target, { from, part, atMs, ...felt, ...replacement }));
  if (replaces !== undefined) world.memory.forgetReactions((reaction) => reaction === replaces);
  const reaction: ActorReaction = { ...written, target, from };
  world.memory.rememberReaction(reaction);
  return reaction;
}

/** Somebody reacts; a reaction of theirs that was there, or its removal, goes. */
function* reactTo(world: World, args: Args): Steps {
  const target = args.message(world, isThere);
  if (target === undefined) return;
  const from = args.from(world, target.chat);
  const part = partOf(world, args, target);
  const before = world.memory.reactionOf(target, from, part);
  const felt = feeling(world, args, before?.code ?? null);
  yield step('reaction', write(world, target, from, part, felt, args.atMs(world)));
}

/** The reaction of `from` to `message` where both are given, else any that stands. */
function standingReaction(world: World, args: Args): ActorReaction | undefined {
  const guid = args.text('message');
  const by = args.text('from');
  const found = world.memory.reactions.filter(
    ({ code, target, from }) =>
      code < REMOVED &&
      isThere(target) &&
      (guid === undefined || target.guid === guid) &&
      (by === undefined || (from === 'me' ? 'me' : from.id) === by),
  );
  return found.length === 0 ? undefined : world.random.pick(found);
}

/** Somebody changes their mind: the old row goes and a new one comes, in one transaction. */
function* changeReaction(world: World, args: Args): Steps {
  const old = standingReaction(world, args);
  if (old === undefined) return;
  const { target, from, part, code } = old;
  yield step('reaction', write(world, target, from, part, feeling(world, args, code), args.atMs(world)));
}

function* takeBack(world: World, args: Args): Steps {
  const old = standingReaction(world, args);
  if (old === undefined) return;
  const { target, from } = old;
  const atMs = args.atMs(world);
  const removal = world.commit((pen) => unreact(pen, old, from, atMs));
  world.memory.forgetReactions((reaction) => reaction === old);
  world.memory.rememberReaction({ ...removal, target, from });
  yield step('removal', removal);
}

/** A reaction is here before the message that it is to. */
function* earlyReaction(world: World, args: Args): Steps {
  const chat = args.chat(world, ({ isSelf }) => !isSelf);
  if (chat === undefined) return;
  const { random } = world;
  const guid = random.uuid();
  const atMs = args.atMs(world);
  const text = args.text('text') ?? world.words();
  const from = args.from(world, chat);
  const reactor = world.somebody(chat);
  const felt = feeling(world, args, null);
  // What the reaction is to has no row yet.
  const target = { rowId: 0, guid, chat, atMs, versions: [{ atMs, text }] };
  const written = world.commit((pen) => react(pen, target, { from: reactor, atMs: atMs + 1_000, ...felt }));
  yield step('reaction', written, random.between(20, 8_000));
  if (!world.memory.chats.includes(chat)) return;
  const message = world.commit(() =>
    world.write(chat, {
      from,
      atMs,
      text,
      body: Body.of(text),
      isPlain: text.length > 0,
      join: false,
      fields: { guid },
    }),
  );
  world.memory.rememberReaction({ ...written, target: message, from: reactor });
  yield step('row', message, random.between(2, 60));
  yield* settle(world, message);
}

const NEEDS = ['message.associated_message_type'];

/** Tapbacks, as Messages keeps them: only the newest of one person on one part. */
export const REACTION_ACTS: readonly Act[] = [
  { name: 'react', weight: 8, needs: NEEDS, play: reactTo },
  { name: 'changeReaction', weight: 2, needs: NEEDS, play: changeReaction },
  { name: 'unreact', weight: 2, needs: NEEDS, play: takeBack },
  { name: 'earlyReaction', weight: 1, needs: NEEDS, play: earlyReaction },
];
