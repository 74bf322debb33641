import bplistCreator, { Real } from 'bplist-creator';

/** What a property list can hold. `{ real }` is written as a real even when it is whole; `{ uid }` is a reference. */
export type EncodablePlist =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | { real: number }
  | { uid: number }
  | EncodablePlist[]
  | Map<string, EncodablePlist>
  | { [key: string]: EncodablePlist };

/**
 * Writes a binary property list. Whole numbers become integers, others reals. A dictionary whose only key is `real`
 * or `uid` with a number must be given as a Map.
 */
export function encodePlist(value: EncodablePlist): Uint8Array {
  const prepared = prepare(value);
  if (!isContainer(prepared)) throw new TypeError('the root of a property list is a container');
  return new Uint8Array(bplistCreator(prepared));
}

function isContainer(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null;
}

/** The same value in the terms of the library. */
function prepare(value: EncodablePlist): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : new Real(value);
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(prepare);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, entry]) => [key, prepare(entry)]));
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [key, only] = entries.length === 1 ? (entries[0] ?? []) : [];
  if (key === 'real' && typeof only === 'number') return new Real(only);
  if (key === 'uid' && typeof only === 'number') return { UID: only };
  return Object.fromEntries(entries.map(([name, entry]) => [name, prepare(entry)]));
}
