/** Unix time of Apple's epoch, 2001-01-01T00:00:00Z. */
const APPLE_EPOCH_MS = 978_307_200_000;
/** From here on a value counts nanoseconds, below it seconds. As seconds this is the year 33,700. */
const NANOSECONDS_FROM = 1_000_000_000_000n;
const INT64_MAX = 9_223_372_036_854_775_807n;
const INT64_MIN = -9_223_372_036_854_775_808n;
/** The first and the last second of the years 1 to 9999, since Apple's epoch. */
const FIRST_SECOND = -63_113_904_000n;
const LAST_SECOND = 252_423_993_599n;

/**
 * A time of a Messages column as Unix milliseconds, truncated. Seconds or nanoseconds since 2001-01-01 UTC, by the
 * size of the value: one column holds both. Null for NULL, for 0 and INT64_MAX (never set), and outside the years 1
 * to 9999. Fractions are dropped first, as CAST AS INTEGER does.
 */
export function appleTimeToUnixMs(value: bigint | number | null): number | null {
  if (value === null || Number.isNaN(value)) return null;
  const whole = typeof value === 'bigint' ? value : saturated(value);
  if (whole === 0n || whole === INT64_MAX) return null;
  if (whole >= NANOSECONDS_FROM || whole <= -NANOSECONDS_FROM) return Number(whole / 1_000_000n) + APPLE_EPOCH_MS;
  if (whole < FIRST_SECOND || whole > LAST_SECOND) return null;
  return Number(whole) * 1000 + APPLE_EPOCH_MS;
}

function saturated(value: number): bigint {
  if (value >= Number(INT64_MAX)) return INT64_MAX;
  return value <= Number(INT64_MIN) ? INT64_MIN : BigInt(Math.trunc(value));
}

/** The same as an SQL expression; `column` may be of any type. */
export function appleTimeSql(column: string): string {
  const value = `CAST(${column} AS INTEGER)`;
  return (
    // Most times are never set; saying so first spares the casts.
    `CASE WHEN ${column} IS NULL THEN NULL WHEN ${value} >= ${NANOSECONDS_FROM} AND ${value} < ${INT64_MAX} THEN ${value} / 1000000 + ${APPLE_EPOCH_MS}` +
    ` WHEN ${value} <> 0 AND ${value} BETWEEN ${FIRST_SECOND} AND ${LAST_SECOND} THEN ${value} * 1000 + ${APPLE_EPOCH_MS}` +
    ` WHEN ${value} <= -${NANOSECONDS_FROM} THEN ${value} / 1000000 + ${APPLE_EPOCH_MS} END`
  );
}

/**
 * Seconds since 2001 with a fraction, as property lists hold them, as Unix milliseconds. A double of this size is
 * exact to a tenth of a microsecond: rounding to microseconds first keeps …474.27 from becoming …474.269.
 */
export function appleSecondsToUnixMs(seconds: number): number | null {
  if (!Number.isFinite(seconds) || seconds < Number(FIRST_SECOND) || seconds > Number(LAST_SECOND)) return null;
  return Math.trunc(Math.round(seconds * 1e6) / 1000) + APPLE_EPOCH_MS;
}
