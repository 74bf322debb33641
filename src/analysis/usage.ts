import type { Database } from '../sqlite/index.ts';
import type { Usage } from './pass.ts';

/** What passes have used, by day, in UTC: bounds of a day hold over every restart. */
export function dayOf(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 'YYYY-MM-DD'.length);
}

export function addUsage(db: Database, pass: string, { tokens, cost }: Usage, nowMs: number): void {
  if (tokens === 0 && cost === 0) return;
  db.run(
    `INSERT INTO analysis_usage (day, pass, tokens, cost) VALUES (?, ?, ?, ?)
     ON CONFLICT (day, pass) DO UPDATE SET tokens = tokens + excluded.tokens, cost = cost + excluded.cost`,
    dayOf(nowMs),
    pass,
    tokens,
    cost,
  );
}

export function usageOf(db: Database, pass: string, nowMs: number): Usage {
  const row = db.get<Usage>('SELECT tokens, cost FROM analysis_usage WHERE day = ? AND pass = ?', dayOf(nowMs), pass);
  return row ?? { tokens: 0, cost: 0 };
}
