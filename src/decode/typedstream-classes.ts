/** What is made of an object, by its class; 'other' is passed over. */
export type ClassKind = 'string' | 'number' | 'dictionary' | 'attributed' | 'data' | 'url' | 'other';

const KINDS: ReadonlyMap<string, ClassKind> = new Map([
  ['NSString', 'string'],
  ['NSMutableString', 'string'],
  ['NSAttributedString', 'attributed'],
  ['NSMutableAttributedString', 'attributed'],
  ['NSDictionary', 'dictionary'],
  ['NSMutableDictionary', 'dictionary'],
  ['NSNumber', 'number'],
  ['NSData', 'data'],
  ['NSMutableData', 'data'],
  ['NSURL', 'url'],
]);

export function classKindOf(name: string): ClassKind {
  return KINDS.get(name) ?? 'other';
}

/** A class in the table of objects. One instance per kind: nothing else about a class matters. */
export class ArchivedClass {
  readonly kind: ClassKind;

  private constructor(kind: ClassKind) {
    this.kind = kind;
  }

  static readonly #known = new Map<ClassKind, ArchivedClass>();

  static of(kind: ClassKind): ArchivedClass {
    let known = ArchivedClass.#known.get(kind);
    if (known === undefined) {
      known = new ArchivedClass(kind);
      ArchivedClass.#known.set(kind, known);
    }
    return known;
  }
}
