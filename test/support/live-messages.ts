import {
  type actions,
  address,
  ChatMaker,
  createMessagesDatabase,
  type Generation,
  Handles,
  makeOwner,
  Random,
} from '../../src/simulator/index.ts';

export const ANN = address('+14155550101');
export const BOB = address('+14155550102');

/** A small live Messages database: a direct chat with Ann and a group with Ann and Bob. */
export function liveMessages(file: string, generation: Generation = 'macos-26', seed = 7) {
  const database = createMessagesDatabase(file, generation);
  const random = new Random(seed);
  const handles = new Handles(database, random, makeOwner(random));
  const pen: actions.Pen = { database, random, handles };
  const maker = new ChatMaker(database, random, handles);
  const live = (chat: ReturnType<ChatMaker['direct']>, isGroup: boolean): actions.LiveChat => ({
    ...chat.rows[0],
    isGroup,
  });
  return {
    pen,
    direct: live(maker.direct(ANN, ['iMessage']), false),
    group: live(maker.group([ANN, BOB], 'iMessage', 'Group'), true),
    close: () => database.close(),
  };
}
