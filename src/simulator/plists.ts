import createPlist from 'bplist-creator';

/** A binary property list. */
export function plist(value: Record<string, unknown>): Uint8Array {
  return createPlist(value);
}
