import { type EncodablePlist, encodePlist } from './plist.ts';

/** A value of a keyed archive. Plain records and arrays become NSDictionary and NSArray. */
export type ArchiveValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | { data: Uint8Array }
  | { url: string }
  | { uuid: string }
  | { real: number }
  | { class: string; fields: Record<string, ArchiveValue> }
  | ArchiveValue[]
  | Map<string, ArchiveValue>
  | { [key: string]: ArchiveValue };

/** The version NSKeyedArchiver writes. */
const ARCHIVE_VERSION = 100_000;

/**
 * Writes `root` as NSKeyedArchiver does, under `$top.root`. `{ data }`, `{ url }`, `{ uuid }`, `{ real }` and `{ class, fields }`
 * stand for NSMutableData, NSURL, NSUUID, a real and an object of the class; a dictionary that looks like one must be given as a Map.
 */
export function encodeKeyedArchive(root: ArchiveValue): Uint8Array {
  const writer = new ArchiveWriter();
  const top = writer.add(root);
  return encodePlist({
    $version: ARCHIVE_VERSION,
    $archiver: 'NSKeyedArchiver',
    $top: { root: top },
    $objects: writer.objects,
  });
}

type Reference = { uid: number };

class ArchiveWriter {
  readonly objects: EncodablePlist[] = ['$null'];
  readonly #classes = new Map<string, Reference>();
  readonly #strings = new Map<string, Reference>();

  add(value: ArchiveValue): Reference {
    if (value === null) return { uid: 0 };
    if (typeof value === 'string') return this.#string(value);
    if (typeof value !== 'object' || value instanceof Uint8Array) return this.#push(value);
    if (Array.isArray(value))
      return this.#object('NSArray', () => ({ 'NS.objects': value.map((entry) => this.add(entry)) }));
    if (value instanceof Map) return this.#dictionary([...value]);
    const record = value as Record<string, ArchiveValue>;
    const shape = Object.keys(record).sort().join();
    const { data, real, url, uuid } = record;
    if (shape === 'real' && typeof real === 'number') return this.#push({ real });
    if (shape === 'data' && data instanceof Uint8Array)
      return this.#object('NSMutableData', () => ({ 'NS.data': data }));
    if (shape === 'url' && typeof url === 'string') return this.#url(url);
    if (shape === 'uuid' && typeof uuid === 'string') return this.#uuid(uuid);
    if (shape === 'class,fields') {
      const { class: name, fields } = value as { class: string; fields: Record<string, ArchiveValue> };
      return this.#object(name, () => this.#fields(fields));
    }
    return this.#dictionary(Object.entries(record));
  }

  #push(value: EncodablePlist): Reference {
    this.objects.push(value);
    return { uid: this.objects.length - 1 };
  }

  #string(text: string): Reference {
    const known = this.#strings.get(text) ?? this.#push(text);
    this.#strings.set(text, known);
    return known;
  }

  /** An object takes its number before what it refers to. */
  #object(className: string, fields: () => Record<string, EncodablePlist>): Reference {
    const reference = this.#push(false);
    const content = fields();
    this.objects[reference.uid] = new Map([...Object.entries(content), ['$class', this.#class(className)]]);
    return reference;
  }

  #class(name: string): Reference {
    const known =
      this.#classes.get(name) ??
      this.#push({ $classname: name, $classes: name === 'NSObject' ? [name] : [name, 'NSObject'] });
    this.#classes.set(name, known);
    return known;
  }

  /** Numbers and truth values lie in the object itself, everything else is referred to. */
  #fields(fields: Record<string, ArchiveValue>): Record<string, EncodablePlist> {
    return Object.fromEntries(
      Object.entries(fields).map(([key, value]) => [
        key,
        typeof value === 'number' || typeof value === 'boolean' ? value : this.add(value),
      ]),
    );
  }

  #dictionary(entries: [string, ArchiveValue][]): Reference {
    return this.#object('NSDictionary', () => ({
      'NS.keys': entries.map(([key]) => this.#string(key)),
      'NS.objects': entries.map(([, value]) => this.add(value)),
    }));
  }

  #url(url: string): Reference {
    return this.#object('NSURL', () => ({ 'NS.base': { uid: 0 }, 'NS.relative': this.#string(url) }));
  }

  #uuid(uuid: string): Reference {
    const bytes = new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
    return this.#object('NSUUID', () => ({ 'NS.uuidbytes': bytes }));
  }
}
