/** What is made of an object, by its class; 'other' is passed over. */
export type ClassKind = 'string' | 'number' | 'dictionary' | 'attributed' | 'data' | 'url' | 'other';

/** A class in the table of objects. One instance per name that is known: nothing else about a class matters. */
export class ArchivedClass {
  readonly kind: ClassKind;

  constructor(kind: ClassKind) {
    this.kind = kind;
  }
}

export const OTHER_CLASS = new ArchivedClass('other');

const CLASSES: ReadonlyMap<string, ArchivedClass> = new Map([
  ['NSString', new ArchivedClass('string')],
  ['NSMutableString', new ArchivedClass('string')],
  ['NSAttributedString', new ArchivedClass('attributed')],
  ['NSMutableAttributedString', new ArchivedClass('attributed')],
  ['NSDictionary', new ArchivedClass('dictionary')],
  ['NSMutableDictionary', new ArchivedClass('dictionary')],
  ['NSNumber', new ArchivedClass('number')],
  ['NSData', new ArchivedClass('data')],
  ['NSMutableData', new ArchivedClass('data')],
  ['NSURL', new ArchivedClass('url')],
]);

export function classNamed(name: string): ArchivedClass {
  return CLASSES.get(name) ?? OTHER_CLASS;
}
