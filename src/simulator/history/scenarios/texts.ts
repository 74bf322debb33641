import type { Random } from '../../random.ts';
import { Body } from '../../text/body.ts';
import { AWKWARD, EMOJI } from '../../text/samples.ts';
import { writeLong } from '../../text/texts.ts';
import { ascii, type Scenario, type Scene } from './scenario.ts';

const say = (name: string, text: (random: Random) => string, limit?: number): Scenario => ({
  name,
  play: (scene) => void scene.post({ text: text(scene.random) }),
  ...(limit === undefined ? {} : { limit }),
});

const styled = (attribute: string, value: number): Body =>
  new Body()
    .say('plain ')
    .say('and special', { [attribute]: value })
    .say(' again');

const rich = (name: string, body: (scene: Scene) => Body): Scenario => ({
  name,
  play: (scene) => void scene.post({ body: body(scene) }),
});

/** As large as what data detectors leave behind; the bytes mean nothing. */
const detected = (random: Random) => ({ data: random.bytes(700) });

const EFFECTS = [
  'com.apple.MobileSMS.expressivesend.impact',
  'com.apple.MobileSMS.expressivesend.loud',
  'com.apple.MobileSMS.expressivesend.gentle',
  'com.apple.MobileSMS.expressivesend.invisibleink',
  'com.apple.messages.effect.CKEchoEffect',
  'com.apple.messages.effect.CKSpotlightEffect',
  'com.apple.messages.effect.CKHappyBirthdayEffect',
  'com.apple.messages.effect.CKConfettiEffect',
  'com.apple.messages.effect.CKHeartEffect',
  'com.apple.messages.effect.CKLasersEffect',
  'com.apple.messages.effect.CKFireworksEffect',
  'com.apple.messages.effect.CKShootingStarEffect',
  'com.apple.messages.effect.CKSparklesEffect',
];

const STYLES = ['Bold', 'Italic', 'Underline', 'Strikethrough'] as const;
const TEXT_EFFECTS = [5, 11, 9, 8, 12, 4, 6, 10];

/** Texts of every length form, script and decoration. */
export const TEXT_SCENARIOS: readonly Scenario[] = [
  say('text of 127 bytes', () => ascii(127)),
  say('text of 128 bytes', () => ascii(128)),
  say('text of 255 bytes', () => ascii(255)),
  say('text of 256 bytes', () => ascii(256)),
  say('text of 146 units and more bytes', () => 'ä'.repeat(146)),
  say('text of 32768 bytes', () => ascii(32_768), 2),
  say('text of 65535 bytes', () => ascii(65_535), 2),
  say('text of 65536 bytes', () => ascii(65_536), 2),
  say('text over 65536 bytes in many scripts', (random) => writeLong(random, 66_000), 2),
  say('text of emoji', () => EMOJI.join('')),
  say('text hi', () => 'hi'),
  say('text ok', () => 'ok'),
  ...AWKWARD.map((text, index) => say(`awkward text ${index}`, () => text)),
  { name: 'text in both columns', play: (scene) => void scene.post({ text: 'said twice', textIn: 'both' }) },
  {
    name: 'text without body',
    play: (scene) => void scene.post({ text: 'only in the text column — ünïcode 😀', textIn: 'column' }),
  },
  { name: 'body without text', play: (scene) => void scene.post({ text: 'only in the body 🫥', textIn: 'body' }) },
  {
    name: 'subject line',
    play: (scene) => void scene.post({ text: 'with a subject', fields: { subject: 'The subject' } }),
  },
  rich('mention', () => new Body().say('Test ').mention('Dad', '+14155550101').say(', are you there?')),
  rich('link in text', ({ random }) =>
    new Body()
      .say('look at ')
      .link('https://example.com/a?b=ü', 'https://example.com/a?b=%C3%BC')
      .say(' and call ')
      .say('(415) 555-0134', { __kIMPhoneNumberAttributeName: detected(random) }),
  ),
  rich('link that is the text', ({ random }) =>
    new Body().say('https://www.example.org/path', {
      __kIMLinkAttributeName: { url: 'https://www.example.org/path' },
      __kIMDataDetectedAttributeName: detected(random),
    }),
  ),
  rich('mailto and tel links', () =>
    new Body().link('me@example.com', 'mailto:me@example.com').say(' or ').link('+1 415 555 0134', 'tel:+14155550134'),
  ),
  rich('detected date and address', ({ random }) =>
    new Body()
      .say('tomorrow at 5', { __kIMCalendarEventAttributeName: detected(random) })
      .say(' at ')
      .say('1 Infinite Loop', { __kIMAddressAttributeName: detected(random) }),
  ),
  rich('one-time code', () =>
    new Body()
      .say('000123', {
        __kIMOneTimeCodeAttributeName: { dictionary: { code: '000123', displayCode: '000123' } },
      })
      .say(' is your code. Do not share it.'),
  ),
  rich('two parts of text', () => new Body().say('first bubble').part(1).say('second bubble')),
  rich('writing direction', () => new Body().say('שלום', { __kIMBaseWritingDirectionAttributeName: 1 })),
  ...STYLES.map((style) => rich(`style ${style}`, () => styled(`__kIMText${style}AttributeName`, 1))),
  ...TEXT_EFFECTS.map((effect) => rich(`text effect ${effect}`, () => styled('__kIMTextEffectAttributeName', effect))),
  ...EFFECTS.map(
    (effect): Scenario => ({
      name: `send effect ${effect}`,
      needs: ['message.expressive_send_style_id'],
      play: (scene) => void scene.post({ text: 'with an effect', effect }),
    }),
  ),
];
