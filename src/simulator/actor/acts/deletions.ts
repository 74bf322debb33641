import { deleteForGood, deleteRecently, restore } from '../../actions.ts';
import { Body } from '../../text/body.ts';
import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import type { ActorMessage } from '../memory.ts';
import type { World } from '../world.ts';

const isInChat = ({ standing }: ActorMessage) => standing === 'live';
const isDeleted = ({ standing }: ActorMessage) => standing === 'deleted';

/** The row goes, and with it what is joined to it; the reactions to it stay behind. */
function* deleteNow(world: World, args: Args): Steps {
  const message = args.message(world, isInChat);
  if (message !== undefined) yield* remove(world, message, 'deleted');
}

/** Somebody empties "Recently Deleted", or thirty days are over. */
function* purge(world: World, args: Args): Steps {
  const message = args.message(world, isDeleted);
  if (message !== undefined) yield* remove(world, message, 'purged');
}

function* remove(world: World, message: ActorMessage, word: string): Steps {
  world.commit((pen) => {
    forgetParts(world, message);
    deleteForGood(pen, message);
  });
  world.memory.forget(message);
  yield step(word, message);
}

function* deleteForNow(world: World, args: Args): Steps {
  const message = args.message(world, isInChat);
  if (message === undefined) return;
  const atMs = args.atMs(world);
  world.commit((pen) => {
    const { database } = pen;
    const text = Body.of(message.versions.at(-1)?.text ?? '').encode();
    if (world.random.chance(0.7)) {
      database.addRecoverablePart(message.chat.rowId, message.rowId, 0, database.date(atMs), text);
    }
    deleteRecently(pen, message, atMs);
  });
  message.standing = 'deleted';
  yield step('deleted', message);
}

function* bringBack(world: World, args: Args): Steps {
  const message = args.message(world, isDeleted);
  if (message === undefined) return;
  const atMs = args.atMs(world);
  world.commit((pen) => {
    forgetParts(world, message);
    restore(pen, message);
    pen.database.updateMessage(message.rowId, { date_recovered: pen.database.date(atMs) });
  });
  message.standing = 'live';
  yield step('restored', message);
}

function forgetParts(world: World, message: ActorMessage): void {
  if (!world.has('recoverable_message_part')) return;
  world.pen.database.db.run('DELETE FROM recoverable_message_part WHERE message_id = ?', message.rowId);
}

const RECOVERABLE = ['chat_recoverable_message_join'];

/** Messages go, and some come back. */
export const DELETION_ACTS: readonly Act[] = [
  { name: 'delete', weight: 2, play: deleteNow },
  { name: 'deleteRecently', weight: 3, needs: RECOVERABLE, play: deleteForNow },
  { name: 'restore', weight: 2, needs: RECOVERABLE, play: bringBack },
  { name: 'purge', weight: 1, needs: RECOVERABLE, play: purge },
];
