import { balloonAppName, DIGITAL_TOUCH_BALLOON, HANDWRITING_BALLOON } from './balloon-apps.ts';
import { readKeyedArchive, type Unfolded, type UnfoldedObject } from './keyed-archive.ts';
import { readPoll } from './poll.ts';

/** What message.payload_data shows. Fields that are absent or empty are left out. */
export type Payload = {
  kind: 'link' | 'app' | 'poll' | 'poll-vote' | 'digital-touch' | 'handwriting';
  /** The title of a page, of a song, the text an app shows, or the question of a poll. */
  title?: string;
  summary?: string;
  /** Where a link leads after redirects; the address that was sent is in the text. */
  url?: string;
  siteName?: string;
  appName?: string;
  caption?: string;
  subcaption?: string;
  artist?: string;
  album?: string;
  address?: string;
  /** Messages with one session replace one another. */
  session?: string;
  /** The preview was not loaded yet; Messages writes it into the same row later. */
  isPlaceholder?: true;
  options?: { id: string; text: string }[];
  /** All options the voter has chosen, by their ids. */
  votes?: { option: string; participant: string | null }[];
};

type Kind = Payload['kind'];
type Field = Exclude<keyof Payload, 'kind' | 'isPlaceholder' | 'options' | 'votes'>;

/**
 * Reads message.payload_data. `balloonBundleId` is message.balloon_bundle_id; a link may have none. Null when the
 * bytes cannot be read. Never throws.
 */
export function decodePayload(bytes: Uint8Array, balloonBundleId: string | null): Payload | null {
  if (balloonBundleId === DIGITAL_TOUCH_BALLOON) return { kind: 'digital-touch' };
  if (balloonBundleId === HANDWRITING_BALLOON) return { kind: 'handwriting' };
  const root = readKeyedArchive(bytes);
  if (!(root instanceof Map)) return null;
  const link = root.get('richLinkMetadata') ?? root.get('metadata');
  if (link instanceof Map) return linkPayload(root, link);
  const isApp = root.has('an') || root.has('ldtext') || root.has('layoutClass') || root.has('userInfo');
  return isApp || root.has('URL') ? appPayload(root, balloonBundleId) : null;
}

function linkPayload(root: UnfoldedObject, link: UnfoldedObject): Payload {
  const special = objectAt(link, 'specialization2') ?? objectAt(link, 'specialization');
  const collaboration = objectAt(link, 'collaborationMetadata');
  const payload = payloadOf('link', {
    title: [link.get('title'), special?.get('name'), collaboration?.get('title')],
    summary: [link.get('summary')],
    url: [urlAt(link, 'URL'), urlAt(link, 'originalURL')],
    siteName: [link.get('siteName')],
    artist: [special?.get('artist')],
    album: [special?.get('album')],
    address: [special?.get('address')],
  });
  if (root.get('richLinkIsPlaceholder') === true) payload.isPlaceholder = true;
  return payload;
}

function appPayload(root: UnfoldedObject, balloonBundleId: string | null): Payload {
  const url = urlAt(root, 'URL');
  const shown = objectAt(root, 'userInfo');
  const known = balloonBundleId === null ? null : balloonAppName(balloonBundleId);
  const session = root.get('sessionIdentifier');
  const isPoll = root.get('an') === 'Polls' || known === 'Polls';
  const poll = isPoll && url !== null ? readPoll(url) : null;
  if (poll !== null) {
    const payload = payloadOf(poll.votes === undefined ? 'poll' : 'poll-vote', {
      title: [poll.question],
      appName: [root.get('an'), known],
      session: [session],
    });
    return { ...payload, ...(poll.votes === undefined ? { options: poll.options } : { votes: poll.votes }) };
  }
  return payloadOf('app', {
    title: [root.get('ldtext')],
    // Most apps keep a state of their own in the URL; only what a browser opens is worth showing.
    url: [url !== null && /^https?:/i.test(url) ? url : null],
    appName: [root.get('an'), known],
    caption: [shown?.get('caption')],
    subcaption: [shown?.get('subcaption')],
    session: [session],
  });
}

/** Takes for each field the first of its candidates that is a text with something in it. */
function payloadOf(kind: Kind, fields: Partial<Record<Field, (Unfolded | undefined)[]>>): Payload {
  const payload: Payload = { kind };
  for (const [field, candidates] of Object.entries(fields) as [Field, (Unfolded | undefined)[]][]) {
    const value = candidates.find((candidate) => typeof candidate === 'string' && candidate !== '');
    if (typeof value === 'string') payload[field] = value;
  }
  return payload;
}

function objectAt(object: UnfoldedObject, key: string): UnfoldedObject | null {
  const value = object.get(key);
  return value instanceof Map ? value : null;
}

/** A URL is a text, or wrapped in an object of which it is the field URL. */
function urlAt(object: UnfoldedObject, key: string): string | null {
  const value = object.get(key);
  const inner = value instanceof Map ? value.get('URL') : value;
  return typeof inner === 'string' ? inner : null;
}
