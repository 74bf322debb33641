import { addMember, leave, rename } from '../../actions.ts';
import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import type { ActorChat } from '../memory.ts';
import type { World } from '../world.ts';

const isGroup = (chat: ActorChat) => chat.isGroup;
/** A group of one would be no group. */
const canShrink = (chat: ActorChat) => chat.isGroup && chat.members.length > 2;

/** A group gets a name (`name`), or loses it. */
function* renameGroup(world: World, args: Args): Steps {
  const chat = args.chat(world, isGroup);
  if (chat === undefined) return;
  const name = args.text('name') ?? (world.random.chance(0.8) ? `Name ${world.random.int(1000)} ✨` : null);
  const from = args.from(world, chat);
  const atMs = args.atMs(world);
  yield step(
    'renamed',
    world.commit((pen) => rename(pen, chat, name, from, atMs)),
  );
}

/** Somebody (`member`) is brought into a group. */
function* join(world: World, args: Args): Steps {
  const chat = args.chat(world, isGroup);
  if (chat === undefined) return;
  const wanted = args.text('member');
  const known = world.random.pick(world.memory.chats).members[0];
  const invited = known === undefined || world.random.chance(0.5) ? world.stranger() : known;
  const member = wanted === undefined ? invited : world.addressOf(wanted);
  if (chat.members.some(({ id }) => id === member.id)) return;
  const from = args.from(world, chat);
  const atMs = args.atMs(world);
  const event = world.commit((pen) => addMember(pen, chat, member, from, atMs));
  chat.members.push(member);
  yield step('joined', event);
}

/** Somebody (`member`) leaves a group. */
function* goAway(world: World, args: Args): Steps {
  const chat = args.chat(world, canShrink);
  if (chat === undefined || chat.members.length === 0) return;
  const wanted = args.text('member');
  const member = wanted === undefined ? world.random.pick(chat.members) : chat.members.find(({ id }) => id === wanted);
  if (member === undefined) throw new RangeError('there is no such member');
  const atMs = args.atMs(world);
  const event = world.commit((pen) => leave(pen, chat, member, atMs));
  chat.members = chat.members.filter((other) => other !== member);
  yield step('left', event);
}

/** Groups change. */
export const GROUP_ACTS: readonly Act[] = [
  { name: 'rename', weight: 1, play: renameGroup },
  { name: 'addMember', weight: 1, play: join },
  { name: 'leave', weight: 1, play: goAway },
];
