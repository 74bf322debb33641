import { ChatStatsError } from '../../kernel/index.ts';
import { WRAPPED_BYTES } from './key-wrap.ts';

/** The key of one protection class, as the keybag has it. */
type WrappedClassKey = { class: number; wrap: number; wrappedKey: Buffer };

/** How a password becomes a key: one round before iOS 10.2 (`first` is null), two since. */
export type Derivation = { first: Round | null; second: Round };
type Round = { salt: Buffer; iterations: number };

export type Keybag = { derivation: Derivation; classKeys: WrappedClassKey[] };

const TAG_BYTES = 4;
const HEAD_BYTES = 8;
/** iPhones ask for ten million rounds. A damaged number must not keep us busy for hours. */
const MOST_ITERATIONS = 100_000_000;

type Record = Map<string, Buffer>;

/**
 * Reads the keybag of a backup: tags of four letters, each with a length and a value. It begins with what holds for all
 * keys; then each UUID begins the record of one class. The order inside a record means nothing. Throws BACKUP_DAMAGED.
 */
export function readKeybag(bytes: Uint8Array): Keybag {
  const records = recordsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const header: Record = new Map(records.filter((record) => !record.has('CLAS')).flatMap((record) => [...record]));
  const classKeys = records.filter((record) => record.has('CLAS')).flatMap(classKeyOf);
  if (classKeys.length === 0) throw damaged('holds no key');
  const second = roundOf(header, 'SALT', 'ITER');
  if (second === null) throw damaged('does not say how the password becomes a key');
  return { derivation: { first: roundOf(header, 'DPSL', 'DPIC'), second }, classKeys };
}

function recordsOf(bytes: Buffer): Record[] {
  const records: Record[] = [new Map()];
  for (let at = 0; at < bytes.length; ) {
    if (at + HEAD_BYTES > bytes.length) throw damaged('ends in the middle');
    const tag = bytes.toString('latin1', at, at + TAG_BYTES);
    const end = at + HEAD_BYTES + bytes.readUInt32BE(at + TAG_BYTES);
    if (end > bytes.length) throw damaged('ends in the middle');
    if (tag === 'UUID' && records.at(-1)?.has('UUID') === true) records.push(new Map());
    records.at(-1)?.set(tag, bytes.subarray(at + HEAD_BYTES, end));
    at = end;
  }
  return records;
}

/** A class whose record is damaged is left out: files of the others can still be read. */
function classKeyOf(record: Record): WrappedClassKey[] {
  const number = numberIn(record, 'CLAS');
  const wrap = numberIn(record, 'WRAP');
  const wrappedKey = record.get('WPKY');
  if (number === null || wrap === null || wrappedKey?.length !== WRAPPED_BYTES) return [];
  return [{ class: number, wrap, wrappedKey }];
}

function roundOf(header: Record, saltTag: string, iterationsTag: string): Round | null {
  const salt = header.get(saltTag);
  const iterations = numberIn(header, iterationsTag);
  if (salt === undefined || iterations === null) return null;
  if (iterations < 1 || iterations > MOST_ITERATIONS) throw damaged('asks for an impossible number of rounds');
  return { salt, iterations };
}

function numberIn(record: Record, tag: string): number | null {
  const value = record.get(tag);
  return value?.length === 4 ? value.readUInt32BE(0) : null;
}

function damaged(what: string): ChatStatsError {
  return new ChatStatsError('BACKUP_DAMAGED', `the keybag of the backup ${what}`);
}
