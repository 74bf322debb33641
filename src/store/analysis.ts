import { isoTime } from '../kernel/index.ts';
import type { Database } from '../sqlite/index.ts';

/** What analysis has to show, read. Times are ISO 8601 UTC. */

/** A run: what waits, goes on, or has failed for good, which is a dead letter. */
export type JobLine = {
  id: number;
  pass: string;
  kind: string;
  version: number;
  conversationId: number;
  chatId: number;
  state: string;
  attempts: number;
  queuedAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  failure: { code: string; reason: string } | null;
};

type JobRow = Omit<JobLine, 'queuedAt' | 'startedAt' | 'finishedAt' | 'failure'> & {
  queued: number;
  started: number | null;
  finished: number | null;
  code: string | null;
  reason: string | null;
};

/** Oldest first, behind the id `after`. `states`: of these alone. */
export function jobLines(
  db: Database,
  {
    after = 0,
    limit = -1,
    states = ['queued', 'started', 'failed'],
  }: { after?: number; limit?: number; states?: readonly string[] } = {},
): JobLine[] {
  return db
    .all<JobRow>(
      `SELECT id, pass, kind, version, conversation_id AS conversationId, chat_id AS chatId, state, attempts,
         queued_at AS queued, started_at AS started, finished_at AS finished, failure_code AS code,
         failure_reason AS reason
       FROM analysis_runs WHERE state IN (SELECT value FROM json_each(?)) AND id > ? ORDER BY id LIMIT ?`,
      JSON.stringify(states),
      after,
      limit,
    )
    .map(({ queued, started, finished, code, reason, ...line }) => ({
      ...line,
      queuedAt: isoTime(queued),
      startedAt: isoTime(started),
      finishedAt: isoTime(finished),
      failure: code === null ? null : { code, reason: reason ?? '' },
    }));
}

/** How many jobs wait for their turn, and how many go on. */
export function openJobCounts(db: Database): { queued: number; started: number } {
  const counts = { queued: 0, started: 0 };
  const rows = db.all<{ state: 'queued' | 'started'; count: number }>(
    `SELECT state, count(*) AS count FROM analysis_runs WHERE state IN ('queued', 'started') GROUP BY state`,
  );
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}

/** What passes found in a conversation. `isPending`: it is being computed again, or will be. */
export type AnalysisResultLine = {
  pass: string;
  kind: string;
  version: number;
  computedAt: string;
  isStale: boolean;
  staleReason: string | null;
  isPending: boolean;
  result: unknown;
};

type ResultRow = Pick<AnalysisResultLine, 'pass' | 'kind' | 'version' | 'staleReason'> & {
  computed: number;
  pending: number;
  result: string;
};

export function analysisOf(db: Database, conversation: number): AnalysisResultLine[] {
  return db
    .all<ResultRow>(
      `SELECT r.pass, r.kind, r.version, r.computed_at AS computed, r.stale_reason AS staleReason, r.result,
         coalesce(t.state IN ('open', 'queued'), 0) AS pending
       FROM analysis_results r LEFT JOIN analysis_targets t
         ON t.conversation_id = r.conversation_id AND t.pass = r.pass AND t.kind = r.kind
       WHERE r.conversation_id = ? ORDER BY r.pass, r.kind`,
      conversation,
    )
    .map(({ computed, pending, result, ...line }) => ({
      ...line,
      computedAt: isoTime(computed),
      isStale: line.staleReason !== null,
      isPending: pending !== 0,
      result: JSON.parse(result) as unknown,
    }));
}

/** An analysis of what was said before. */
export type PlanLine = {
  id: number;
  what: string;
  state: string;
  passes: { name: string; version: number }[];
  chatId: number | null;
  top: number | null;
  total: number;
  done: number;
  failed: number;
  createdAt: string;
  updatedAt: string;
  finishedAt: string | null;
};

type PlanRow = Omit<PlanLine, 'passes' | 'createdAt' | 'updatedAt' | 'finishedAt'> & {
  passes: string;
  created: number;
  updated: number;
  finished: number | null;
};

/** The newest first. */
export function planLines(db: Database, { id = null, limit }: { id?: number | null; limit: number }): PlanLine[] {
  return db
    .all<PlanRow>(
      `SELECT id, what, state, passes, chat_id AS chatId, top, total, done, failed, created_at AS created,
         updated_at AS updated, finished_at AS finished
       FROM historic_analysis_status WHERE ?1 IS NULL OR id = ?1 ORDER BY id DESC LIMIT ?2`,
      id,
      limit,
    )
    .map(({ created, updated, finished, passes, ...line }) => ({
      ...line,
      passes: JSON.parse(passes) as PlanLine['passes'],
      createdAt: isoTime(created),
      updatedAt: isoTime(updated),
      finishedAt: isoTime(finished),
    }));
}

/** How things stand with each pass and kind: `results` that are there, `stale` of them, and what is wanted, by state. */
export type AnalysisCounts = {
  pass: string;
  kind: string;
  results: number;
  stale: number;
  open: number;
  queued: number;
  failed: number;
};

export function analysisCounts(db: Database): AnalysisCounts[] {
  return db.all<AnalysisCounts>(
    `WITH wanted AS (SELECT pass, kind, sum(state = 'open') AS open, sum(state = 'queued') AS queued,
       sum(state = 'dead') AS failed FROM analysis_targets GROUP BY pass, kind),
     found AS (SELECT pass, kind, count(*) AS results, sum(stale_at IS NOT NULL) AS stale FROM analysis_results
       GROUP BY pass, kind)
     SELECT coalesce(w.pass, f.pass) AS pass, coalesce(w.kind, f.kind) AS kind, coalesce(results, 0) AS results,
       coalesce(stale, 0) AS stale, coalesce(open, 0) AS open, coalesce(queued, 0) AS queued,
       coalesce(failed, 0) AS failed
     FROM wanted w FULL JOIN found f ON f.pass = w.pass AND f.kind = w.kind ORDER BY 1, 2`,
  );
}

export type UsageLine = { day: string; pass: string; tokens: number; cost: number };

/** What passes have used, the newest days first. Costs in millionths of the currency. */
export function usageLines(db: Database, limit: number): UsageLine[] {
  return db.all<UsageLine>('SELECT day, pass, tokens, cost FROM analysis_usage ORDER BY day DESC, pass LIMIT ?', limit);
}
