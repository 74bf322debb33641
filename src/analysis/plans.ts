import type { NewEvent } from '../model/index.ts';
import type { Database } from '../sqlite/index.ts';
import { PLANNED_AT_ONCE } from './limits.ts';
import type { PassInfo } from './pass.ts';
import { endRun } from './runs.ts';
import { NOT_BY_ITSELF, RANK_OF_PLANS } from './targets.ts';

/** Analysis of what was said before: of everything, of a chat, or of the chats with the most messages. */
export type PlanScope = { chat: number | null; top: number | null };

export type PlanState = 'planning' | 'running' | 'completed' | 'cancelled';

export type Plan = {
  id: number;
  what: 'run' | 'backfill';
  state: PlanState;
  passes: { name: string; version: number }[];
  chat: number | null;
  top: number | null;
  plannedTo: number;
  total: number;
  done: number;
  failed: number;
};

/** What a plan would do, for a dry run. `texts`: characters of all messages in it. */
export type PlanForecast = { conversations: number; runs: number; messages: number; texts: number };

const COLUMNS = `id, what, state, passes, chat_id AS chat, top, planned_to AS plannedTo, total, done, failed`;

export function openPlans(db: Database): Plan[] {
  return db
    .all<Omit<Plan, 'passes'> & { passes: string }>(
      `SELECT ${COLUMNS} FROM historic_analysis_status WHERE state IN ('planning', 'running') ORDER BY id`,
    )
    .map((row) => ({ ...row, passes: JSON.parse(row.passes) as Plan['passes'] }));
}

/** Whether there is something to plan, or to let go of. */
export function hasPlansToWorkOn(db: Database): boolean {
  const sql = `SELECT 1 FROM historic_analysis_status p WHERE p.state = 'planning' OR (p.state = 'cancelled' AND EXISTS (
    SELECT 1 FROM analysis_targets t WHERE t.plan_id = p.id AND t.state IN ('open', 'queued'))) LIMIT 1`;
  return db.value(sql) !== null;
}

/** Records a plan, unless the same goes on already; what it wants is found slice by slice. */
export function beginPlan(
  db: Database,
  { what, passes, scope, nowMs }: { what: Plan['what']; passes: readonly PassInfo[]; scope: PlanScope; nowMs: number },
): { id: number; events: NewEvent[] } {
  const named = passes.map(({ name, version }) => ({ name, version }));
  const same = openPlans(db).find(
    (plan) =>
      plan.chat === scope.chat && plan.top === scope.top && JSON.stringify(plan.passes) === JSON.stringify(named),
  );
  if (same !== undefined) return { id: same.id, events: [] };
  const { lastId: id } = db.run(
    `INSERT INTO historic_analysis_status (what, state, passes, chat_id, top, created_at, updated_at)
     VALUES (?, 'planning', ?, ?, ?, ?, ?)`,
    what,
    JSON.stringify(named),
    scope.chat,
    scope.top,
    nowMs,
    nowMs,
  );
  return { id, events: [planEvent('analysis_queued', id, scope.chat)] };
}

/** The places of chats by how much was said in them; only of those that are in the scope. */
function ranks(db: Database, { chat, top }: PlanScope): Map<number, number> {
  const rows = db.all<{ id: number }>(
    'SELECT id FROM chats WHERE ?1 IS NULL OR id = ?1 ORDER BY message_count DESC, id LIMIT ?2',
    chat,
    top ?? -1,
  );
  return new Map(rows.map(({ id }, at) => [id, at]));
}

const READY = `SELECT id, chat_id AS chat FROM conversations
  WHERE state = 'ready' AND id > ? AND chat_id IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?`;

/** Plans one slice of a plan, in a transaction of the caller: wants of each pass what is not there. */
export function planSlice(db: Database, plan: Plan, nowMs: number): NewEvent[] {
  const places = ranks(db, plan);
  const rows = db.all<{ id: number; chat: number }>(
    READY,
    plan.plannedTo,
    JSON.stringify([...places.keys()]),
    PLANNED_AT_ONCE,
  );
  let wanted = 0;
  for (const { id, chat } of rows) {
    for (const pass of plan.passes)
      wanted += wantOld(db, id, pass, (places.get(chat) ?? 0) + RANK_OF_PLANS, plan.id, nowMs);
  }
  const last = rows.at(-1)?.id ?? plan.plannedTo;
  const isPlanned = rows.length < PLANNED_AT_ONCE;
  db.run(
    'UPDATE historic_analysis_status SET planned_to = ?, total = total + ?, state = ?, updated_at = ? WHERE id = ?',
    last,
    wanted,
    isPlanned ? 'running' : 'planning',
    nowMs,
    plan.id,
  );
  return isPlanned ? [planEvent('analysis_started', plan.id, plan.chat)] : [];
}

/** What is there, given up on, or waited for by somebody else already is left as it is; 1 when it is wanted now. */
function wantOld(
  db: Database,
  conversation: number,
  { name, version }: Plan['passes'][number],
  rank: number,
  plan: number,
  nowMs: number,
): number {
  return db.run(
    `INSERT INTO analysis_targets (conversation_id, pass, kind, version, state, opened_at, due_at, rank, plan_id)
     VALUES (?1, ?2, 'batch', ?3, 'open', ?4, ?4, ?5, ?6)
     ON CONFLICT (conversation_id, pass, kind) DO UPDATE SET version = excluded.version, asked = asked + 1,
       state = 'open', opened_at = excluded.opened_at, due_at = excluded.due_at, rank = excluded.rank,
       plan_id = excluded.plan_id
     WHERE analysis_targets.version < excluded.version`,
    conversation,
    name,
    version,
    nowMs,
    rank,
    plan,
  ).changes;
}

/** What a plan would want, without planning it. */
export function forecast(db: Database, passes: readonly PassInfo[], scope: PlanScope): PlanForecast {
  const chats = JSON.stringify([...ranks(db, scope).keys()]);
  const named = JSON.stringify(passes.map(({ name, version }) => [name, version]));
  const runs =
    db.value<number>(
      `SELECT count(*) FROM conversations v CROSS JOIN json_each(?1) p
       WHERE v.state = 'ready' AND v.chat_id IN (SELECT value FROM json_each(?2)) AND NOT EXISTS (
         SELECT 1 FROM analysis_targets t WHERE t.conversation_id = v.id AND t.pass = p.value ->> 0
           AND t.kind = 'batch' AND t.version >= p.value ->> 1)`,
      named,
      chats,
    ) ?? 0;
  const rest = db.get<{ conversations: number; messages: number; texts: number }>(
    `WITH wanted AS (SELECT v.id FROM conversations v
       WHERE v.state = 'ready' AND v.chat_id IN (SELECT value FROM json_each(?2)) AND EXISTS (
         SELECT 1 FROM json_each(?1) p WHERE NOT EXISTS (
           SELECT 1 FROM analysis_targets t WHERE t.conversation_id = v.id AND t.pass = p.value ->> 0
             AND t.kind = 'batch' AND t.version >= p.value ->> 1)))
     SELECT (SELECT count(*) FROM wanted) AS conversations, count(*) AS messages, coalesce(sum(length(m.text)), 0) AS texts
     FROM messages m WHERE m.conversation_id IN (SELECT id FROM wanted)`,
    named,
    chats,
  );
  return { runs, conversations: rest?.conversations ?? 0, messages: rest?.messages ?? 0, texts: rest?.texts ?? 0 };
}

/** Counts what has come of a plan that is planned, and ends it when nothing is left to wait for. */
export function recountPlan(db: Database, plan: Plan, nowMs: number): NewEvent[] {
  // Answered by the index alone: there may be very many.
  const rows = db.all<{ state: string; count: number }>(
    'SELECT state, count(*) AS count FROM analysis_targets WHERE plan_id = ? GROUP BY state',
    plan.id,
  );
  const of = (...states: string[]) =>
    rows.reduce((sum, { state, count }) => sum + (states.includes(state) ? count : 0), 0);
  const [done, failed] = [of('done'), of('dead', 'discarded')];
  const isOver = plan.state === 'running' && of('queued') === 0 && (of('open') === 0 || !isWaiting(db, plan.id));
  if (done === plan.done && failed === plan.failed && !isOver) return [];
  db.run(
    `UPDATE historic_analysis_status SET done = ?1, failed = ?2, updated_at = ?3, state = ?4,
       finished_at = CASE ?4 WHEN 'completed' THEN ?3 END WHERE id = ?5`,
    done,
    failed,
    nowMs,
    isOver ? 'completed' : plan.state,
    plan.id,
  );
  const progress = { plan: plan.id, done, failed, total: plan.total };
  return [
    { type: 'analysis_progress', chatId: plan.chat, data: progress },
    ...(isOver ? [planEvent('analysis_completed', plan.id, plan.chat)] : []),
  ];
}

/** Whether anything is open that is not held until its conversation is over again. */
function isWaiting(db: Database, plan: number): boolean {
  const sql = `SELECT 1 FROM analysis_targets WHERE plan_id = ? AND state = 'open' AND due_at < ? LIMIT 1`;
  return db.value(sql, plan, NOT_BY_ITSELF) !== null;
}

/** Ends all plans that go on. What they have wanted and not got is let go of by `releaseSlice`. */
export function cancelPlans(db: Database, nowMs: number): { cancelled: number; events: NewEvent[] } {
  const plans = openPlans(db);
  for (const { id } of plans) {
    db.run(
      `UPDATE historic_analysis_status SET state = 'cancelled', updated_at = ?1, finished_at = ?1 WHERE id = ?2`,
      nowMs,
      id,
    );
  }
  return {
    cancelled: plans.length,
    events: plans.map(({ id, chat }) => planEvent('analysis_failed', id, chat, 'CANCELLED')),
  };
}

/** Lets go of some of what cancelled plans wanted; a result that is there stays what it is. */
export function releaseSlice(db: Database, nowMs: number): { more: boolean; unwanted: string[] } {
  const rows = db.all<{ conversation: number; pass: string; kind: string; run: number | null; job: string | null }>(
    `SELECT t.conversation_id AS conversation, t.pass, t.kind, t.run_id AS run, r.job
     FROM historic_analysis_status p CROSS JOIN analysis_targets t ON t.plan_id = p.id AND t.state IN ('open', 'queued')
       LEFT JOIN analysis_runs r ON r.id = t.run_id AND r.state IN ('queued', 'started')
     WHERE p.state = 'cancelled' LIMIT ?`,
    PLANNED_AT_ONCE,
  );
  for (const { conversation, pass, kind, run, job } of rows) {
    if (run !== null && job !== null) endRun(db, run, 'cancelled', nowMs);
    db.run(
      'DELETE FROM analysis_targets WHERE conversation_id = ? AND pass = ? AND kind = ?',
      conversation,
      pass,
      kind,
    );
    // A result of an older content or version is still kept up to date, as it was before the plan.
    db.run(
      `INSERT INTO analysis_targets (conversation_id, pass, kind, version, state, opened_at, due_at, fingerprint, run_id)
       SELECT conversation_id, pass, kind, version, 'done', ?, ?, fingerprint, run_id FROM analysis_results
       WHERE conversation_id = ? AND pass = ? AND kind = ?`,
      nowMs,
      nowMs,
      conversation,
      pass,
      kind,
    );
  }
  return { more: rows.length === PLANNED_AT_ONCE, unwanted: rows.flatMap(({ job }) => job ?? []) };
}

type PlanEventType = 'analysis_queued' | 'analysis_started' | 'analysis_completed' | 'analysis_failed';

function planEvent(type: PlanEventType, plan: number, chat: number | null, code?: string): NewEvent {
  const data = { conversationId: null, pass: null, plan, ...(code === undefined ? {} : { code }) };
  return { type, chatId: chat, data };
}
