import { edit, unsend, unsendParts } from '../../actions.ts';
import type { Ranges } from '../../edit-info.ts';
import { linkPayload } from '../../history/scenarios/payloads.ts';
import { Body } from '../../text/body.ts';
import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import type { ActorMessage } from '../memory.ts';
import type { World } from '../world.ts';
import { settle } from './say.ts';

const LINKS = 'com.apple.messages.URLBalloonProvider';
const DAY_MS = 86_400_000;
/** Messages allows five edits. */
const VERSION_LIMIT = 6;

const isPlainAndLive = ({ standing, isPlain }: ActorMessage) => standing === 'live' && isPlain;

function* editMessage(world: World, args: Args): Steps {
  const message = args.message(world, (candidate) => {
    return isPlainAndLive(candidate) && candidate.versions.length < VERSION_LIMIT;
  });
  if (message === undefined) return;
  const text = args.text('text') ?? world.words();
  const atMs = args.atMs(world);
  world.commit((pen) => edit(pen, message, text, atMs));
  yield step('edited', message);
}

function* unsendMessage(world: World, args: Args): Steps {
  const message = args.message(world, isPlainAndLive);
  if (message === undefined) return;
  const atMs = args.atMs(world);
  world.commit((pen) => unsend(pen, message, atMs));
  Object.assign(message, { isPlain: false, attachments: [] });
  yield step('unsent', message);
}

/** Says something in several parts (`texts`, or made up), each a bubble of its own. */
function* sayParts(world: World, args: Args): Generator<ReturnType<typeof step>, ActorMessage | undefined, void> {
  const chat = args.chat(world);
  if (chat === undefined) return undefined;
  const { random } = world;
  const texts = args.text('texts')?.split('|') ?? Array.from({ length: random.between(2, 4) }, () => world.words());
  const body = new Body();
  const parts: NonNullable<ActorMessage['parts']> = new Map();
  texts.forEach((text, part) => {
    parts.set(part, { text, at: body.text.length });
    body.part(part).say(text);
  });
  const from = args.from(world, chat);
  const atMs = args.atMs(world);
  const message = world.commit(() => world.write(chat, { from, atMs, body, join: false }));
  message.parts = parts;
  message.ranges = rangesOf(parts);
  yield step('row', message, random.between(2, 60));
  yield* settle(world, message);
  return message;
}

function rangesOf(parts: NonNullable<ActorMessage['parts']>): Ranges {
  return Object.fromEntries([...parts].map(([part, { text, at }]) => [String(part), { lo: at, le: text.length }]));
}

/** Unsends one part (`part`) of a message that has several; of a new one when none is known. */
function* unsendPart(world: World, args: Args): Steps {
  const hasParts = ({ standing, parts }: ActorMessage) => standing === 'live' && parts !== null && parts.size > 1;
  const message = args.message(world, hasParts) ?? (yield* sayParts(world, args));
  if (message === undefined || !hasParts(message) || message.parts === null) return;
  const { parts, ranges } = message;
  const part = args.number('part') ?? world.random.pick([...parts.keys()]);
  if (!parts.delete(part)) throw new RangeError('there is no such part');
  const left = new Body();
  for (const [number, { text }] of parts) left.part(number).say(text);
  const unsent = Object.keys(ranges)
    .map(Number)
    .filter((number) => !parts.has(number));
  const atMs = world.now();
  world.commit((pen) => unsendParts(pen, message, unsent, left, ranges, atMs));
  yield step('part unsent', message);
}

/** Data detectors find a date or an address: the bytes of the body change, the text does not. */
function* detect(world: World, args: Args): Steps {
  const message = args.message(world, isPlainAndLive);
  if (message === undefined) return;
  const text = message.versions.at(-1)?.text ?? '';
  const found = { __kIMDataDetectedAttributeName: { data: world.random.bytes(48) } };
  const half = Math.ceil(text.length / 2);
  const body = new Body().say(text.slice(0, half), found).say(text.slice(half));
  world.commit(({ database }) => {
    database.updateMessage(message.rowId, { attributedBody: body.encode(), has_dd_results: 1, was_data_detected: 1 });
  });
  yield step('detected', message);
}

/** A link is said, and its preview comes after the page was fetched. */
function* sayLink(world: World, args: Args): Steps {
  const chat = args.chat(world);
  if (chat === undefined) return;
  const { random } = world;
  const url = args.text('url') ?? `https://example.com/page/${random.int(100_000)}`;
  const body = new Body().link(url, url);
  const fields = { balloon_bundle_id: LINKS, payload_data: linkPayload(url, '', true) };
  const from = args.from(world, chat);
  const atMs = args.atMs(world);
  const message = world.commit(() => world.write(chat, { from, atMs, body, join: false, fields }));
  yield step('row', message, random.between(2, 60));
  yield* settle(world, message);
  if (message.standing !== 'live') return;
  const title = args.text('title') ?? `A page, ${random.int(1000)}`;
  world.commit(({ database }) => {
    database.updateMessage(message.rowId, { payload_data: linkPayload(url, title, false) });
  });
  yield step('preview', message);
}

/** Spotlight's bookkeeping (26): many rows are written and nothing changes that anybody reads. */
function* spotlight(world: World, args: Args): Steps {
  const count = args.number('count') ?? world.random.between(1, 30);
  const { db } = world.pen.database;
  const lastRow = db.value<number>('SELECT max(ROWID) FROM message') ?? 0;
  if (lastRow === 0) return;
  const from = Math.max(0, lastRow - world.random.int(200) - count);
  const states = 'index_state = CASE ifnull(index_state, 0) WHEN 0 THEN 1 WHEN 1 THEN 2 WHEN 2 THEN 3 ELSE 0 END';
  world.commit(() => db.run(`UPDATE message SET ${states} WHERE ROWID > ? AND ROWID <= ?`, from, from + count));
  yield step('index states', null);
}

/** The date of a message is corrected (`toMs`, Unix milliseconds). */
function* moveDate(world: World, args: Args): Steps {
  const message = args.message(world, ({ standing, versions }) => standing === 'live' && versions.length < 2);
  if (message === undefined) return;
  const byMs = Math.floor(world.random.exponential(world.random.chance(0.5) ? 60_000 : 5 * DAY_MS));
  const atMs = args.number('toMs') ?? message.atMs - byMs;
  world.commit(({ database }) => database.updateMessage(message.rowId, { date: database.date(atMs) }));
  message.atMs = atMs;
  for (const version of message.versions) version.atMs = atMs;
  yield step('date', message);
}

/** A message turns out to belong to another chat (`to`): for a moment it is in both. */
function* moveChat(world: World, args: Args): Steps {
  const message = args.message(world, ({ standing, chat }) => standing === 'live' && !chat.isSelf);
  if (message === undefined) return;
  const old = message.chat;
  const isOther = (chat: typeof old) => chat !== old && !chat.isSelf && chat.service === old.service;
  const chat = args.chat(world, isOther, 'to');
  if (chat === undefined || chat === old) return;
  const { db } = world.pen.database;
  const isThere = db.value(
    'SELECT 1 FROM chat_message_join WHERE chat_id = ? AND message_id = ?',
    chat.rowId,
    message.rowId,
  );
  if (isThere !== null) return;
  world.commit(({ database }) => {
    database.joinDated(chat.rowId, message.rowId, 0);
    const ckChat = `${chat.service};${chat.isGroup ? '+' : '-'};${chat.identifier}`;
    if (database.facts.anyService) database.updateMessage(message.rowId, { ck_chat_id: ckChat });
  });
  yield step('joined', message, world.random.between(1, 2_000));
  if (message.standing !== 'live') return;
  const remove = 'DELETE FROM chat_message_join WHERE chat_id = ? AND message_id = ?';
  world.commit(({ database }) => database.db.run(remove, old.rowId, message.rowId));
  message.chat = chat;
  yield step('left', message);
}

const EDITS = ['message.date_edited', 'message.message_summary_info'];

/** What was said changes. */
export const CHANGE_ACTS: readonly Act[] = [
  { name: 'edit', weight: 5, needs: EDITS, play: editMessage },
  { name: 'unsend', weight: 2, needs: EDITS, play: unsendMessage },
  {
    name: 'sayParts',
    weight: 1,
    *play(world, args) {
      yield* sayParts(world, args);
    },
  },
  { name: 'unsendPart', weight: 2, needs: EDITS, play: unsendPart },
  { name: 'detect', weight: 4, play: detect },
  { name: 'sayLink', weight: 2, needs: ['message.payload_data', 'message.balloon_bundle_id'], play: sayLink },
  { name: 'spotlight', weight: 4, needs: ['message.index_state'], play: spotlight },
  { name: 'moveDate', weight: 1, play: moveDate },
  { name: 'moveChat', weight: 1, play: moveChat },
];
