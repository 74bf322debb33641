import { Body } from '../../text/body.ts';
import { writeText } from '../../text/texts.ts';
import { picture } from './files.ts';
import { linkPayload } from './payloads.ts';
import type { Scene } from './scenario.ts';

/** What happens every day beside plain text, with its share of all messages. */
type Common = { share: number; needs: string; play(scene: Scene): void };

const HOSTS = ['example.com', 'example.org', 'www.example.net'];

/** Payloads of link previews, made once: a binary plist for each of thousands of links would take most of the time. */
const previews = new Map<string, Uint8Array>();

function preview(url: string): Uint8Array {
  const payload = previews.get(url) ?? linkPayload(url, 'A page worth a look', false);
  previews.set(url, payload);
  return payload;
}

function sendPicture(scene: Scene): void {
  const { random } = scene;
  const guid = random.uuid();
  const file = random.chance(0.5) ? `at_0_${guid}` : random.uuid();
  const name = `IMG_${random.between(1000, 9999)}.HEIC`;
  const body = new Body().attachment(file, name);
  if (random.chance(0.2)) body.part(1).say(writeText(random, scene.chat.language));
  const isGone = random.chance(0.15);
  const attachment = { ...picture(scene, file, name), uti: 'public.heic', mime_type: 'image/heic' };
  scene.post({
    guid,
    body,
    attachments: [isGone ? { ...attachment, filename: null, transfer_state: 0, total_bytes: 0 } : attachment],
  });
}

function sendLink(scene: Scene): void {
  const url = `https://${scene.random.pick(HOSTS)}/a/${scene.random.int(400)}`;
  scene.post({
    body: new Body().link(url, url),
    app: 'com.apple.messages.URLBalloonProvider',
    fields: { payload_data: preview(url) },
  });
}

function mention(scene: Scene): void {
  const { chat, random } = scene;
  const whom = scene.other;
  const body = new Body().mention('you', whom === 'me' ? chat.identifier : whom.normal).say(' ');
  scene.post({ body: body.say(writeText(random, chat.language)), fields: { has_unseen_mention: 0 } });
}

export const COMMON: readonly Common[] = [
  { share: 0.045, needs: 'message', play: sendPicture },
  { share: 0.02, needs: 'message.payload_data', play: sendLink },
  { share: 0.005, needs: 'message.has_unseen_mention', play: mention },
];
