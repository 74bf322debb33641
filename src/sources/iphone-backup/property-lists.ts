import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'fast-plist';
import { PlistDate, type PlistDict, readPlist } from '../../decode/index.ts';
import { isDenied, noPermission } from '../../kernel/index.ts';

/** Larger ones are not read: the largest seen has less than a tenth of it. */
const BYTES_LIMIT = 128 * 1024 * 1024;
const BINARY = 'bplist';
const APPLE_EPOCH_MS = 978_307_200_000;

/** A dictionary at the top of a property list. What it holds is foreign input. */
export type Dictionary = ReadonlyMap<string, unknown>;

/** What there is of a property list: its dictionary, nothing, or bytes that are none. */
export type Found = Dictionary | 'absent' | 'damaged';

/**
 * Reads a property list of a backup, binary or XML: Apple writes Info.plist in XML and the others in binary, and other
 * programs need not. Throws SOURCE_NO_PERMISSION.
 */
export function readPropertyList(folder: string, name: string): Found {
  const file = path.join(folder, name);
  try {
    if (!existsSync(file)) return 'absent';
    if (statSync(file).size > BYTES_LIMIT) return 'damaged';
    return dictionaryIn(readFileSync(file));
  } catch (error) {
    if (isDenied(error)) throw noPermission(file, error);
    return 'damaged';
  }
}

function dictionaryIn(bytes: Buffer): Found {
  if (bytes.toString('latin1', 0, BINARY.length) === BINARY) {
    const value = readPlist(bytes);
    return value instanceof Map ? (value as PlistDict) : 'damaged';
  }
  const value: unknown = parse(bytes.toString('utf8'));
  const isDictionary = typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
  return isDictionary ? new Map(Object.entries(value)) : 'damaged';
}

export function textIn(found: Found, key: string): string | null {
  const value = typeof found === 'string' ? undefined : found.get(key);
  return typeof value === 'string' && value !== '' ? value : null;
}

export function flagIn(found: Found, key: string): boolean | null {
  const value = typeof found === 'string' ? undefined : found.get(key);
  return typeof value === 'boolean' ? value : null;
}

export function bytesIn(found: Found, key: string): Uint8Array | null {
  const value = typeof found === 'string' ? undefined : found.get(key);
  if (value instanceof Uint8Array) return value;
  // The XML form has data as base64.
  return typeof value === 'string' ? Buffer.from(value, 'base64') : null;
}

/** Unix milliseconds, or null. */
export function dateIn(found: Found, key: string): number | null {
  const value = typeof found === 'string' ? undefined : found.get(key);
  const ms =
    value instanceof Date ? value.getTime() : value instanceof PlistDate ? APPLE_EPOCH_MS + value.seconds * 1000 : null;
  return ms !== null && Math.abs(ms) <= 8.64e15 ? Math.round(ms) : null;
}

export function dictionaryAt(found: Found, key: string): Found {
  const value = typeof found === 'string' ? undefined : found.get(key);
  if (value instanceof Map) return value as PlistDict;
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : 'absent';
}
