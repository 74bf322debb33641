import { readPlist } from './plist.ts';

/** The only texts in such a list are addresses, so that one of a kilobyte is damage. */
const LONGEST = 1_000;
const XML_TEXT = /<string>([^<&]*)<\/string>/g;

/**
 * The texts of a property list that is a list of texts, binary or XML, as early phones kept who is in a chat. Total:
 * anything else is an empty list.
 */
export function readTextList(bytes: Uint8Array): string[] {
  const list = readPlist(bytes) ?? xmlTexts(bytes);
  if (!Array.isArray(list)) return [];
  return list.filter((text) => typeof text === 'string' && text.trim() !== '' && text.length <= LONGEST) as string[];
}

function xmlTexts(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.startsWith('<') ? Array.from(text.matchAll(XML_TEXT), ([, found = '']) => found) : [];
}
