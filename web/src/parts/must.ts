/** The value, which cannot be absent for the reason given. */
export function must<T>(value: T | null | undefined, why: string): T {
  if (value === null || value === undefined) throw new Error(`Expected: ${why}`);
  return value;
}
