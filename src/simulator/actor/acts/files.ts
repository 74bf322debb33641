import { attach, changeTransfer } from '../../actions.ts';
import { APPLE_EPOCH_MS } from '../../apple-time.ts';
import type { AttachmentDraft, JoinedAttachment } from '../../history/model.ts';
import { Body } from '../../text/body.ts';
import { type Act, type Steps, step } from '../act.ts';
import type { Args } from '../args.ts';
import type { ActorMessage } from '../memory.ts';
import type { World } from '../world.ts';
import { joinNow } from './say.ts';

const KINDS = [
  { name: 'IMG.HEIC', uti: 'public.heic', mime: 'image/heic' },
  { name: 'IMG.jpeg', uti: 'public.jpeg', mime: 'image/jpeg' },
  { name: 'movie.mov', uti: 'com.apple.quicktime-movie', mime: 'video/quicktime' },
  { name: 'Büro, Entwurf 2.pdf', uti: 'com.adobe.pdf', mime: 'application/pdf' },
  { name: 'Audio Message.caf', uti: 'com.apple.coreaudio-format', mime: null },
] as const;

const ARRIVED = 5;
const FAILED = 6;

function pathOf(world: World, guid: string, name: string): string {
  const root = world.pen.database.facts.system === 'ios' ? '~/Library/SMS' : '~/Library/Messages';
  const tail = guid.slice(-4).toLowerCase();
  return `${root}/Attachments/${tail.slice(0, 2)}/${tail.slice(2)}/${guid}/${name}`;
}

/** A message with a file, which comes in stages: row, join, file, its transfer; or the file's row before the join. */
function* sayFile(world: World, args: Args): Steps {
  const chat = args.chat(world);
  if (chat === undefined) return;
  const { random } = world;
  const kind = random.pick(KINDS);
  const name = args.text('name') ?? kind.name;
  const guid = random.chance(0.5) ? `at_0_${random.uuid()}` : random.uuid();
  const body = new Body().attachment(guid, name);
  const words = args.text('text') ?? (random.chance(0.3) ? world.words() : '');
  if (words.length > 0) body.part(1).say(words);
  const atMs = args.atMs(world);
  const from = args.from(world, chat);
  const fields = { is_audio_message: kind.mime === null ? 1 : 0 };
  const message = world.commit(() => world.write(chat, { from, atMs, body, join: false, fields }));
  yield step('row', message, random.between(2, 60));
  const draft: AttachmentDraft = {
    ...{ guid, transfer_name: name, uti: kind.uti, mime_type: kind.mime, transfer_state: 0 },
    ...{ total_bytes: random.between(1_000, 9_000_000), is_outgoing: from === 'me' ? 1 : 0 },
    created_date: Math.floor((atMs - APPLE_EPOCH_MS) / 1000),
  };
  const isFileFirst = random.chance(0.3);
  if (!isFileFirst && joinNow(world, message)) yield step('join', message, random.between(2, 400));
  if (message.standing === 'gone') return;
  const file = world.commit((pen) => attach(pen, message, draft));
  message.attachments.push(file);
  yield step('file', message, random.between(2, 60));
  if (isFileFirst && joinNow(world, message)) yield step('join', message, random.between(2, 400));
  // Some files never come.
  if (args.flag('arrives') === false || (args.flag('arrives') === undefined && random.chance(0.15))) return;
  yield* transfer(world, message, file, name);
}

/** The states of a transfer: the file is known by its place in the message, which may be gone in between. */
function* transfer(world: World, message: ActorMessage, file: JoinedAttachment, name: string): Steps {
  const { random } = world;
  const end = random.chance(0.1) ? FAILED : ARRIVED;
  for (const state of [random.pick([1, 2, 3]), end]) {
    const held = message.standing === 'gone' ? undefined : message.attachments.find(({ guid }) => guid === file.guid);
    if (held === undefined) return;
    const filename = state === ARRIVED ? { filename: pathOf(world, file.guid, name) } : {};
    world.commit((pen) => changeTransfer(pen, held, { state, ...filename }));
    yield step(`transfer ${state}`, message, random.between(500, 20_000));
  }
}

const hasFile = ({ standing, attachments }: ActorMessage) => standing === 'live' && attachments.length > 0;

/** The file of a message is given back to iCloud. */
function* evict(world: World, args: Args): Steps {
  const message = args.message(world, hasFile);
  if (message === undefined) return;
  const file = world.random.pick(message.attachments);
  world.commit((pen) => changeTransfer(pen, file, { state: 0, filename: null, syncState: 1 }));
  yield step('evicted', message);
}

/** The file of a message comes, or comes again. */
function* fetchFile(world: World, args: Args): Steps {
  const message = args.message(world, hasFile);
  if (message === undefined) return;
  yield* transfer(world, message, world.random.pick(message.attachments), args.text('name') ?? 'fetched.heic');
}

/** Files come and go. */
export const FILE_ACTS: readonly Act[] = [
  { name: 'sayFile', weight: 4, play: sayFile },
  { name: 'evict', weight: 1, needs: ['attachment.ck_sync_state'], play: evict },
  { name: 'fetch', weight: 1, play: fetchFile },
];
