import { PlistDate, type PlistDict, PlistUid, type PlistValue, readPlist } from './plist.ts';

/**
 * A keyed archive (NSKeyedArchiver) with its references followed: dictionaries and all other objects are Maps (an
 * object's class is under `$class`), arrays and sets are arrays, URLs, strings and UUIDs are strings, dates are
 * seconds since 2001. A reference back into an object that is being unfolded is null.
 */
export type Unfolded = null | boolean | number | bigint | string | Uint8Array | Unfolded[] | UnfoldedObject;

export type UnfoldedObject = Map<string, Unfolded>;

const DEPTH_LIMIT = 48;

/** Reads the root object of an archive. Undefined when the bytes are no archive. Never throws. */
export function readKeyedArchive(bytes: Uint8Array): Unfolded | undefined {
  const plist = readPlist(bytes);
  if (!(plist instanceof Map)) return undefined;
  const objects = plist.get('$objects');
  const top = plist.get('$top');
  if (!Array.isArray(objects) || !(top instanceof Map)) return undefined;
  return new Unfolder(objects).value(top.get('root') ?? null, 0);
}

class Unfolder {
  readonly #objects: PlistValue[];
  readonly #known: (Unfolded | undefined)[] = [];

  constructor(objects: PlistValue[]) {
    this.#objects = objects;
  }

  value(value: PlistValue, depth: number): Unfolded {
    if (value instanceof PlistDate) return value.seconds;
    if (value instanceof PlistUid) return this.#object(value.number, depth);
    if (Array.isArray(value)) return depth > DEPTH_LIMIT ? null : value.map((entry) => this.value(entry, depth + 1));
    if (value instanceof Map) return depth > DEPTH_LIMIT ? null : this.#instance(value, depth + 1);
    return value;
  }

  #object(number: number, depth: number): Unfolded {
    if (number === 0) return null;
    const known = this.#known[number];
    if (known !== undefined) return known;
    // Found again before it is finished, an object is part of itself.
    this.#known[number] = null;
    const value = this.value(this.#objects[number] ?? null, depth);
    this.#known[number] = value;
    return value;
  }

  #instance(fields: PlistDict, depth: number): Unfolded {
    const keys = fields.get('NS.keys');
    const objects = fields.get('NS.objects');
    if (Array.isArray(objects)) {
      return Array.isArray(keys) ? this.#dictionary(keys, objects, depth) : this.value(objects, depth);
    }
    const relative = fields.get('NS.relative');
    if (relative !== undefined) return this.value(relative, depth);
    const content = fields.get('NS.string') ?? fields.get('NS.data') ?? fields.get('NS.time');
    if (content !== undefined) return this.value(content, depth);
    const uuid = fields.get('NS.uuidbytes');
    if (uuid instanceof Uint8Array) return uuidText(uuid);
    const result: UnfoldedObject = new Map();
    for (const [key, value] of fields)
      result.set(key, key === '$class' ? this.#className(value) : this.value(value, depth));
    return result;
  }

  #dictionary(keys: PlistValue[], objects: PlistValue[], depth: number): UnfoldedObject {
    const result: UnfoldedObject = new Map();
    keys.forEach((key, index) => {
      const name = this.value(key, depth);
      if (typeof name === 'string') result.set(name, this.value(objects[index] ?? null, depth));
    });
    return result;
  }

  #className(value: PlistValue): string | null {
    const described = value instanceof PlistUid ? this.#objects[value.number] : null;
    const name = described instanceof Map ? described.get('$classname') : null;
    return typeof name === 'string' ? name : null;
  }
}

function uuidText(bytes: Uint8Array): string | null {
  if (bytes.length !== 16) return null;
  const hex = Buffer.from(bytes).toString('hex').toUpperCase();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
