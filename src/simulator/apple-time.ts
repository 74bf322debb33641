import type { DateUnit } from './schema/generations.ts';

/** Unix milliseconds of 2001-01-01T00:00:00Z, where Apple's clocks begin. */
export const APPLE_EPOCH_MS = 978_307_200_000;

const NS_PER_MS = 1_000_000n;

/** A date column's value: seconds, or nanoseconds with `extraNs` below the millisecond. `atMs` in Unix milliseconds. */
export function appleDate(atMs: number, unit: DateUnit, extraNs = 0): number | bigint {
  const sinceEpochMs = atMs - APPLE_EPOCH_MS;
  if (unit === 's') return Math.floor(sinceEpochMs / 1000);
  return BigInt(sinceEpochMs) * NS_PER_MS + BigInt(extraNs);
}

/** Seconds since 2001 with a fraction, as property lists have them. A quarter of a millisecond is added so that neither cutting nor rounding the float changes the millisecond. */
export function appleSeconds(atMs: number): number {
  return (atMs - APPLE_EPOCH_MS + 0.25) / 1000;
}

/** The moment that a column of this unit can hold: cut to the second where the unit is seconds. */
export function quantise(atMs: number, unit: DateUnit): number {
  return unit === 's' ? Math.floor(atMs / 1000) * 1000 : Math.floor(atMs);
}

export function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
