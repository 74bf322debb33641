import { encodePlainBody } from '../../plain-body.ts';
import type { MessageRow } from '../../rows.ts';
import { APP_MARK, Body } from '../../text/body.ts';
import type { Sent } from '../model.ts';
import { appPayload, linkPayload, pollPayload, votePayload } from './payloads.ts';
import type { Scenario, Scene } from './scenario.ts';

const NEEDS = ['message.balloon_bundle_id', 'message.payload_data'] as const;

const LINKS = 'com.apple.messages.URLBalloonProvider';
const EXTENSION = 'com.apple.messages.MSMessageExtensionBalloonPlugin';
const POLLS = `${EXTENSION}:0000000000:com.apple.messages.Polls`;

const APPS: readonly (readonly [name: string, id: string, title: string])[] = [
  ['GamePigeon', `${EXTENSION}:EWFNLB79LQ:com.gamerdelights.gamepigeon.ext`, 'Cup Pong'],
  ['Apple Cash', `${EXTENSION}:0000000000:com.apple.PassbookUIService.PeerPaymentMessagesExtension`, '$20'],
  ['Fitness', `${EXTENSION}:0000000000:com.apple.ActivityMessagesApp.MessagesExtension`, 'closed all rings'],
  ['Photos', `${EXTENSION}:0000000000:com.apple.mobileslideshow.PhotosMessagesApp`, '12 photos'],
  ['Check In', `${EXTENSION}:0000000000:com.apple.SafetyMonitorApp.SafetyMonitorMessages`, 'Check In'],
  ['Find My', `${EXTENSION}:0000000000:com.apple.findmy.FindMyMessagesApp`, 'Requested location'],
  ['Business', `${EXTENSION}:0000000000:com.apple.icloud.apps.messages.business.extension`, 'Choose a time'],
  ['YouTube', `${EXTENSION}:EQHXZ8M8AV:com.google.ios.youtube.MessagesExtension`, 'A film'],
];

function app(
  scene: Scene,
  id: string,
  payload: Uint8Array | null,
  more: Partial<MessageRow> = {},
  words = APP_MARK,
): Sent {
  return scene.post({ text: words, kind: 'app', app: id, fields: { payload_data: payload, ...more } });
}

/** A link with its preview; `text` null: the row of the preview alone. */
function link(scene: Scene, url: string, form: { hasText: boolean; isPlaceholder: boolean }): void {
  const payload = linkPayload(url, 'A page', form.isPlaceholder);
  const image = {
    guid: scene.random.uuid(),
    filename: scene.path('0000', `${scene.random.uuid()}.pluginPayloadAttachment`),
    transfer_name: 'image.pluginPayloadAttachment',
    hide_attachment: 1,
    transfer_state: 5,
    total_bytes: 12_345,
  };
  scene.post({
    app: LINKS,
    kind: form.hasText ? 'text' : 'app',
    ...(form.hasText ? { body: new Body().link(url, url) } : { text: null }),
    attachments: form.isPlaceholder ? [] : [image],
    fields: { payload_data: payload },
  });
}

const linked = (name: string, url: string, form: { hasText: boolean; isPlaceholder: boolean }): Scenario => ({
  name: `link ${name}`,
  needs: NEEDS,
  play: (scene) => link(scene, url, form),
});

/** A poll, an option added to it, and votes, which are neither messages nor reactions. */
function poll(scene: Scene): void {
  const creator = scene.writer.handles.owner.phone;
  const options = ['Pizza', 'Sushi 🍣', 'Döner'];
  const original = app(scene, POLLS, pollPayload('Dinner?', options, creator));
  const added = [...options, 'Tacos'];
  app(scene, POLLS, pollPayload('Dinner?', added, creator), {
    associated_message_guid: original.guid,
    associated_message_type: 2,
  });
  vote(scene, original, 1);
  vote(scene, original, 2);
}

function vote(scene: Scene, on: Sent, option: number): void {
  const from = scene.other;
  scene.writer.vote({
    target: on,
    from,
    atMs: scene.atMs + option * 5_000,
    app: POLLS,
    payload: votePayload(option, from === 'me' ? scene.writer.handles.owner.phone : from.normal),
  });
}

/** Messages of apps and links. */
export const APP_SCENARIOS: readonly Scenario[] = [
  linked('with text', 'https://example.com/story?id=1', { hasText: true, isPlaceholder: false }),
  linked('without text', 'https://example.com/story?id=2', { hasText: false, isPlaceholder: false }),
  linked('waiting for its preview', 'https://example.com/story?id=3', { hasText: true, isPlaceholder: true }),
  {
    name: 'link without a bundle id',
    needs: NEEDS,
    play: (scene) => {
      const url = 'https://example.com/nobundle';
      scene.post({ body: new Body().link(url, url), fields: { payload_data: linkPayload(url, 'A page', false) } });
    },
  },
  ...APPS.map(
    ([name, id, title]): Scenario => ({
      name: `app ${name}`,
      needs: NEEDS,
      play: (scene) => void app(scene, id, appPayload(name, title, scene.random.uuid())),
    }),
  ),
  {
    name: 'app updated by a later message',
    needs: NEEDS,
    play: (scene) => {
      const [game] = APPS;
      if (game === undefined) return;
      const session = scene.random.uuid();
      const first = app(scene, game[1], appPayload('GamePigeon', 'Your move', session));
      const more = { associated_message_guid: first.guid, associated_message_type: 2 };
      app(scene, game[1], appPayload('GamePigeon', 'I won', session), more);
    },
  },
  {
    name: 'app breadcrumb',
    needs: NEEDS,
    play: (scene) => {
      const [game] = APPS;
      if (game === undefined) return;
      const words = 'You started a game with $(kIMTranscriptPluginBreadcrumbTextReceiverIdentifier).';
      app(scene, game[1], null, { associated_message_type: 3 }, words);
    },
  },
  {
    name: 'app digital touch',
    needs: NEEDS,
    play: (scene) => void app(scene, 'com.apple.DigitalTouchBalloonProvider', scene.random.bytes(90)),
  },
  {
    name: 'app handwriting',
    needs: NEEDS,
    play: (scene) => void app(scene, 'com.apple.Handwriting.HandwritingProvider', scene.random.bytes(300)),
  },
  {
    name: 'app without text',
    needs: NEEDS,
    play: (scene) =>
      void scene.post({
        text: null,
        rawBody: encodePlainBody(''),
        kind: 'app',
        app: `${EXTENSION}:0000000000:com.apple.Stickers.UserGenerated.MessagesExtension`,
      }),
  },
  { name: 'poll and votes', needs: [...NEEDS, 'message.ck_chat_id'], play: poll },
];
