import { createHash } from 'node:crypto';
import type { Transcript } from '../model/index.ts';

const CHARACTERS = 32;

/**
 * What a conversation says, as a fingerprint: of everything in its transcript that passes may look at, but for what people
 * and chats are called, who may be given another name any day. Two addresses that turn out to be one person change it where
 * both spoke. When it was received or read is not part of what was said.
 */
export function contentFingerprint({ people, messages }: Transcript): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(people.map(({ id, addresses }) => [id, addresses])));
  for (const message of messages) hash.update(`\n${JSON.stringify(message)}`);
  return hash.digest('hex').slice(0, CHARACTERS);
}
