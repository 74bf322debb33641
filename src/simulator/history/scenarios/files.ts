import { APPLE_EPOCH_MS } from '../../apple-time.ts';
import { Body, OBJECT_MARK } from '../../text/body.ts';
import type { AttachmentDraft } from '../model.ts';
import type { Scenario, Scene } from './scenario.ts';

/** A picture that is here. */
export function picture(scene: Scene, guid: string, name: string): AttachmentDraft {
  return {
    guid,
    created_date: Math.floor((scene.atMs - APPLE_EPOCH_MS) / 1000),
    start_date: Math.floor((scene.atMs - APPLE_EPOCH_MS) / 1000),
    filename: scene.path(guid, name),
    transfer_name: name,
    uti: 'public.jpeg',
    mime_type: 'image/jpeg',
    transfer_state: 5,
    total_bytes: scene.random.between(10_000, 4_000_000),
  };
}

function send(scene: Scene, change: Partial<AttachmentDraft>, words = ''): void {
  const guid = scene.random.uuid();
  const file = scene.random.chance(0.5) ? `at_0_${guid}` : scene.random.uuid();
  const name = `IMG_${scene.random.between(1000, 9999)}.jpeg`;
  const body = new Body().attachment(file, name, {
    __kIMInlineMediaWidthAttributeName: 1024,
    __kIMInlineMediaHeightAttributeName: { double: 768.5 },
  });
  if (words.length > 0) body.part(1).say(words);
  scene.post({ guid, body, attachments: [{ ...picture(scene, file, name), ...change }] });
}

const state = (name: string, change: Partial<AttachmentDraft>, needs: readonly string[] = []): Scenario => ({
  name: `attachment ${name}`,
  needs,
  play: (scene) => send(scene, change),
});

const CK = ['attachment.ck_sync_state'] as const;

const GONE = { filename: null, total_bytes: 0 } as const;

function alone(scene: Scene, kind: 'audio' | 'sticker' | 'location', file: Partial<AttachmentDraft>): void {
  const guid = scene.random.uuid();
  const name = file.transfer_name ?? 'file';
  const attachment = { ...picture(scene, guid, name), ...file };
  const body = new Body().attachment(guid, name, kind === 'audio' ? { IMAudioTranscription: 'on my way home' } : {});
  scene.post({
    body,
    kind,
    attachments: [attachment],
    fields: kind === 'audio' ? { is_audio_message: 1, is_expirable: 1, expire_state: 1, is_played: 1 } : {},
  });
}

/** Attachments in every state and every relation to messages. */
export const FILE_SCENARIOS: readonly Scenario[] = [
  ...[-1, 0, 1, 2, 3, 4].map((number) => state(`state ${number}`, { transfer_state: number, ...GONE })),
  state('state 5', {}),
  state('state 5 without a file', { filename: null }),
  state('state 6', { transfer_state: 6, filename: null }),
  state('state 7', { transfer_state: 7, filename: null }),
  state('purged 1', { transfer_state: 0, ck_sync_state: 1, filename: null }, CK),
  state('purged 4', { transfer_state: 0, ck_sync_state: 4, filename: null }, CK),
  state('nameless', { transfer_name: null, uti: null, mime_type: null, total_bytes: null }),
  state('with an absolute path', { filename: '/var/mobile/Library/SMS/Attachments/0a/10/X/photo é.HEIC' }),
  { name: 'attachment with words', play: (scene) => send(scene, {}, 'look at this 😍') },
  {
    name: 'words, attachment, words, attachment',
    play: (scene) => {
      const guid = scene.random.uuid();
      const first = `at_1_${guid}`;
      const second = `at_3_${guid}`;
      const body = new Body().say('one').part(1).attachment(first, 'a.jpeg').part(2).say('two').part(3);
      // Inserted in the other order: the body decides, not the ROWID.
      const attachments = [picture(scene, second, 'b.jpeg'), picture(scene, first, 'a.jpeg')];
      scene.post({ guid, body: body.attachment(second, 'b.jpeg'), attachments });
    },
  },
  {
    name: 'attachment that the body does not name',
    play: (scene) => {
      const named = scene.random.uuid();
      const attachments = [picture(scene, scene.random.uuid(), 'hidden.jpeg'), picture(scene, named, 'named.jpeg')];
      scene.post({ body: new Body().attachment(named, 'named.jpeg'), attachments });
    },
  },
  {
    name: 'body of marks alone',
    play: (scene) =>
      void scene.post({ text: OBJECT_MARK, attachments: [picture(scene, scene.random.uuid(), 'x.jpeg')] }),
  },
  {
    name: 'attachment on two messages',
    play: (scene) => {
      const guid = scene.random.uuid();
      const body = () => new Body().attachment(guid, 'shared.jpeg');
      const first = scene.post({ body: body(), attachments: [picture(scene, guid, 'shared.jpeg')] });
      scene.post({ body: body(), atMs: scene.atMs + 20_000, sharedAttachments: first.attachments });
    },
  },
  {
    name: 'attachment without message',
    play: (scene) => {
      scene.writer.attach(null, null, {
        ...picture(scene, scene.random.uuid(), 'GroupPhotoImage'),
        hide_attachment: 1,
      });
    },
  },
  {
    name: 'audio message',
    play: (scene) =>
      alone(scene, 'audio', {
        transfer_name: 'Audio Message.caf',
        uti: 'com.apple.coreaudio-format',
        mime_type: null,
      }),
  },
  {
    name: 'sticker message',
    needs: ['attachment.is_sticker'],
    play: (scene) =>
      alone(scene, 'sticker', {
        transfer_name: 'sticker.heic',
        uti: 'public.heic',
        mime_type: 'image/heic',
        is_sticker: 1,
      }),
  },
  {
    name: 'Genmoji in text',
    needs: ['attachment.emoji_image_short_description'],
    play: (scene) => {
      const guid = scene.random.uuid();
      const body = new Body()
        .say('so ')
        .attachment(guid, 'genmoji.heic', { __kIMEmojiImageAttributeName: 1 })
        .say(' today');
      const file = { ...picture(scene, guid, 'genmoji.heic'), uti: 'public.heic', is_sticker: 1 };
      scene.post({
        body,
        attachments: [
          {
            ...file,
            emoji_image_content_identifier: scene.random.uuid(),
            emoji_image_short_description: 'pink poodle',
          },
        ],
      });
    },
  },
  ...['public.vlocation', 'public.vcard'].map(
    (uti): Scenario => ({
      name: `location ${uti}`,
      play: (scene) => alone(scene, 'location', { transfer_name: 'CL.loc.vcf', uti, mime_type: 'text/x-vlocation' }),
    }),
  ),
];
