import { appleDate } from '../../apple-time.ts';
import { encodePlainBody } from '../../plain-body.ts';
import type { MessageRow } from '../../rows.ts';
import type { Draft } from '../model.ts';
import type { Scenario, Scene } from './scenario.ts';

const DAY_MS = 86_400_000;
/** Seen in date_read of real databases. */
const INT64_MAX = 9_223_372_036_854_775_807n;

const post = (name: string, draft: (scene: Scene) => Partial<Draft>, needs: readonly string[] = []): Scenario => ({
  name,
  needs,
  play: (scene) => void scene.post(draft(scene)),
});

const flagged = (
  name: string,
  fields: Partial<MessageRow>,
  needs: readonly string[] = [],
  more: Partial<Draft> = {},
): Scenario => post(name, () => ({ text: `flagged: ${name}`, fields, ...more }), needs);

/** On a service of its own, where a direct chat goes over it for once. */
const overService = (service: string, since: readonly string[]): Scenario => ({
  name: `service ${service}`,
  needs: since,
  play: (scene) => void scene.post({ text: `this went over ${service}`, service }),
});

function damaged(name: string, damage: (body: Buffer, scene: Scene) => Uint8Array): Scenario {
  return {
    name: `undecodable ${name}`,
    play: (scene) => {
      const body = Buffer.from(encodePlainBody('nobody will ever read this sentence again'));
      scene.post({ text: null, rawBody: damage(body, scene) });
      if (scene.writer.truth !== null) scene.writer.truth.undecodable += 1;
    },
  };
}

/** A blob whose text would end beyond its end. */
function overlong(body: Buffer): Uint8Array {
  const at = body.indexOf('nobody') - 1;
  const longer = Buffer.from(body);
  longer[at] = 0x7f;
  return longer.subarray(0, at + 20);
}

/** What looks like corruption and is normal, and what is corruption. */
export const ODD_SCENARIOS: readonly Scenario[] = [
  damaged('cut short', (body) => body.subarray(0, 9)),
  damaged('of noise', (_, scene) => scene.random.bytes(120)),
  damaged('overlong', overlong),
  damaged('empty', () => new Uint8Array(1)),
  post('undated NULL', () => ({ text: 'no date at all', undated: null, deliveredAtMs: null, readAtMs: null })),
  post('undated 0', () => ({ text: 'the first of January 2001', undated: 0, deliveredAtMs: null, readAtMs: null })),
  post('date_read INT64_MAX', () => ({
    text: 'read at the end of time',
    readAtMs: null,
    fields: { date_read: INT64_MAX },
  })),
  {
    name: 'received without handle',
    play: (scene) => {
      const there = scene.in(scene.elsewhere('direct'));
      there.post({ text: 'who said this?', from: 'nobody' });
    },
  },
  {
    name: 'received without handle in a group',
    play: (scene) => {
      const there = scene.in(scene.elsewhere('group'));
      there.post({ text: 'who said this here?', from: 'nobody' });
    },
  },
  post('own message with the recipient as handle', (scene) => ({
    text: 'to you',
    from: 'me',
    fields: { handle_id: scene.other === 'me' ? 0 : scene.writer.handles.of(scene.other, scene.record.service) },
  })),
  post('in no chat', () => ({ text: 'lost on the way', join: 'none' })),
  {
    name: 'in two chats',
    play: (scene) => {
      const second = scene.elsewhere('group', (chat) => chat.services.has(scene.record.service));
      if (second === scene.chat || !second.services.has(scene.record.service)) return;
      scene.post({ text: 'said once, seen twice', alsoIn: [{ chat: second, record: second.rows[0] }] });
    },
  },
  {
    name: 'recently deleted',
    needs: ['chat_recoverable_message_join'],
    play: (scene) => {
      const deletedAtMs = Math.max(scene.atMs + 60_000, scene.nowMs - scene.random.between(1, 29) * DAY_MS);
      const sent = scene.post({ text: 'forget it', deletedAtMs });
      const { database } = scene.writer;
      const text = encodePlainBody('forget it');
      database.addRecoverablePart(scene.record.rowId, sent.rowId, 0, database.date(deletedAtMs), text);
    },
  },
  {
    name: 'scheduled and waiting',
    needs: ['message.schedule_type'],
    play: (scene) => {
      const atMs = scene.nowMs + scene.random.between(1, 14) * DAY_MS;
      const fields = { schedule_type: 2, schedule_state: 1, is_sent: 0 };
      scene.post({ text: 'not yet', from: 'me', atMs, isCounted: false, deliveredAtMs: null, readAtMs: null, fields });
    },
  },
  flagged('scheduled and sent', { schedule_type: 2, schedule_state: 2 }, ['message.schedule_type'], { from: 'me' }),
  overService('iMessageLite', ['message.is_stewie']),
  overService('RCS', ['message.associated_message_emoji']),
  overService('rcs', ['message.associated_message_emoji']),
  overService('SMS', []),
  {
    name: 'service NULL',
    play: (scene) => {
      // From 26 on a trigger copies the service where NULL is not allowed.
      const service = scene.writer.database.has('chat_service') ? scene.record.service : null;
      scene.post({ text: 'over I know not what', service });
    },
  },
  flagged('satellite', { is_stewie: 1, sent_or_received_off_grid: 1 }, ['message.is_stewie']),
  flagged('downgraded to SMS', { was_downgraded: 1, is_delivered: 0 }),
  flagged('failed', { error: 22, is_sent: 0, is_delivered: 0 }, [], { from: 'me', deliveredAtMs: null }),
  flagged('spam', { is_spam: 1 }, ['message.is_spam']),
  flagged('delivered quietly', { was_delivered_quietly: 1, did_notify_recipient: 1 }, [
    'message.was_delivered_quietly',
  ]),
  flagged('deduplicated', { was_deduplicated: 1 }),
  flagged('unfinished', { is_finished: 0 }),
  flagged('detonated', { was_detonated: 1 }, ['message.was_detonated']),
  flagged('waiting for Spotlight', { index_state: 1 }, ['message.index_state']),
  flagged('updated', { date_updated: 800_000_000_000_000_000n, retry_count: 1 }, ['message.date_updated']),
  flagged('NULLs', {
    version: null,
    account: null,
    account_guid: null,
    error: null,
    is_read: null,
    is_delivered: null,
    item_type: null,
    other_handle: null,
    group_action_type: null,
    share_status: null,
    associated_message_type: null,
    is_audio_message: null,
    is_empty: null,
    date_retracted: null,
    date_edited: null,
    part_count: null,
    destination_caller_id: null,
    was_downgraded: null,
    schedule_type: null,
    schedule_state: null,
    is_finished: null,
  }),
  flagged('other_handle -1', { other_handle: -1 }),
  {
    name: 'date_read in seconds',
    play: (scene) => {
      const readAtMs = Math.floor((scene.atMs + 600_000) / 1000) * 1000;
      const fields = { date_read: appleDate(readAtMs, 's') };
      scene.post({ text: 'read by an older telephone', readAtMs, fields });
    },
  },
  {
    name: 'twins of one moment',
    play: (scene) => {
      scene.post({ text: 'twice the same' });
      scene.post({ text: 'twice the same' });
    },
  },
  {
    name: 'guid of an SMS',
    play: (scene) => {
      const uuid = scene.random.uuid();
      scene.post({ text: 'with a strange guid', guid: `${uuid.slice(0, 14)}C${uuid.slice(15)}` });
    },
  },
  {
    name: 'guid with a prefix',
    play: (scene) => void scene.post({ text: 'from other software', guid: `tmp-${scene.random.uuid()}` }),
  },
  {
    name: 'back-filled, newest first',
    play: (scene) => {
      const startMs = scene.atMs - scene.random.between(30, 300) * DAY_MS;
      for (let i = 3; i >= 0; i -= 1) scene.post({ text: `old news ${i}`, atMs: startMs + i * 30_000 });
    },
  },
  {
    name: 'deleted for good',
    needs: ['deleted_messages'],
    play: (scene) => {
      scene.writer.skipRows(1);
      scene.writer.database.addDeletedGuid(scene.random.uuid());
    },
  },
];
