/** `skipped`: it could not be looked at, or does not apply here; that is no fault. */
export type CheckState = 'ok' | 'warning' | 'failed' | 'skipped';

export type Finding = {
  state: CheckState;
  /** What was found, in a sentence. */
  found: string;
  /** What to do; null where there is nothing to do. */
  remedy: string | null;
};

/** `id` never changes; `title` names what was looked at. */
export type Check = { id: string; title: string } & Finding;

/** `ok` is false as soon as one check has failed; warnings leave it true. */
export type Diagnosis = { ok: boolean; checks: Check[] };

/** One thing to look at. What `look` throws becomes a check that failed. */
export type Look = { id: string; title: string; look(): Finding | Promise<Finding> };

export const ok = (found: string): Finding => ({ state: 'ok', found, remedy: null });
export const skipped = (found: string): Finding => ({ state: 'skipped', found, remedy: null });
export const warning = (found: string, remedy: string): Finding => ({ state: 'warning', found, remedy });
export const failed = (found: string, remedy: string): Finding => ({ state: 'failed', found, remedy });

/** 1234567 as 1,234,567, whatever the locale. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** "1 row", "2,000 rows". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

export function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

const MINUTE_MS = 60_000;

/** A span of time in the unit that fits: "5 min", "3 h", "12 days". */
export function roughly(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 1) return `${Math.round(ms / 1_000)} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
