/** How the figures of the live bench are printed, and what they are measured by (docs and the plan give the budgets). */
export type Spread = { count: number; lost: number; median: number; p90: number; p99: number; most: number };

/** Milliseconds from commit to event. */
export type Budget = { median: number; p99: number };

export const BUDGETS = {
  hints: { median: 30, p99: 120 },
  polling: { median: 60, p99: 120 },
  /** Any change, of whatever age, in seconds. */
  anyChange: 60,
  /** Percent of a core, with nothing to do. */
  idle: 1,
  /** MB. */
  memory: 400,
} as const;

const NAME_WIDTH = 52;

export function heading(text: string): void {
  console.log(`\n${text}`);
}

export function line(name: string, text: string): void {
  console.log(`  ${name.padEnd(NAME_WIDTH)} ${text}`);
}

export function verdict(value: number, budget: number): string {
  return `${value < budget ? 'ok' : 'OVER'} (${budget})`;
}

/** Lags in milliseconds; null is one that never came. */
export function spread(lags: readonly (number | null)[]): Spread {
  const sorted = lags.filter((lag) => lag !== null).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    count: lags.length,
    lost: lags.length - sorted.length,
    median: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    most: sorted.at(-1) ?? Number.NaN,
  };
}

export function lagHeading(): void {
  const columns = ['count', 'median', '90 %', '99 %', 'most'].map((name) => name.padStart(8)).join('');
  heading(`${'from commit to event, ms'.padEnd(NAME_WIDTH + 3)}${columns}   median, 99 %, lost`);
}

export function tellLags(name: string, lags: readonly (number | null)[], budget: Budget): void {
  const { count, lost, ...times } = spread(lags);
  const cells = [times.median, times.p90, times.p99, times.most].map((ms) => ms.toFixed(1).padStart(8)).join('');
  const judged = `${verdict(times.median, budget.median)}, ${verdict(times.p99, budget.p99)}`;
  line(name, `${String(count).padStart(8)}${cells}   ${judged}, ${lost === 0 ? 'none' : `${lost} LOST`}`);
}
