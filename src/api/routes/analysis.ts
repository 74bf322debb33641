import { ChatStatsError } from '../../kernel/index.ts';
import { jobLines, openJobCounts, planLines, usageLines } from '../../store/index.ts';
import { type Api, type Context, POSITION_HEADER } from '../context.ts';
import * as schemas from '../schemas/index.ts';
import { ok } from './chats.ts';

const PLANS_SHOWN = 20;
const DAYS_SHOWN = 31;

/** What is found in conversations: how it stands, and what is to be analysed. The engine does it; these ask. */
export function analysisRoutes(api: Api, context: Context): void {
  const { engine, reader, heavy, store } = context;

  api.get(
    '/analysis',
    { schema: { summary: 'How analysis stands', tags: ['analysis'], response: ok(schemas.analysisStatus) } },
    async (_request, reply) => {
      const counted = await heavy.ask('status', { file: store });
      const { position, value } = reader.readAt((db) => ({
        plans: planLines(db, { limit: PLANS_SHOWN }) as schemas.AnalysisStatus['plans'],
        usage: usageLines(db, DAYS_SHOWN),
        jobs: openJobCounts(db),
      }));
      reply.header(POSITION_HEADER, String(position));
      const { isOn, passes, pausedUntil } = await engine.call('analysisState', {});
      const counts = counted.value.analysis as schemas.AnalysisStatus['counts'];
      return { isOn, pausedUntil, passes, counts, ...value };
    },
  );

  api.get(
    '/jobs',
    {
      schema: {
        summary: 'What is to be analysed, goes on, or has failed',
        tags: ['analysis'],
        querystring: schemas.jobsQuery,
        response: ok(schemas.jobs),
      },
    },
    (request, reply) => {
      const { limit, after, state } = request.query;
      const behind = after === undefined ? 0 : Number(/^\d{1,15}$/.exec(after)?.[0] ?? Number.NaN);
      if (Number.isNaN(behind)) throw new ChatStatsError('USAGE', 'the cursor is none that this server gave');
      const states = state?.split(',').filter((name) => name !== '');
      const { position, value } = reader.readAt((db) =>
        jobLines(db, { after: behind, limit: limit + 1, ...(states === undefined ? {} : { states }) }),
      );
      reply.header(POSITION_HEADER, String(position));
      const items = value.slice(0, limit) as schemas.Job[];
      return { items, next: value.length > limit ? String(items.at(-1)?.id) : null };
    },
  );

  api.post(
    '/analysis/run',
    {
      schema: {
        summary: 'Analyse conversations of before by every pass that is on; answered when it is planned',
        tags: ['analysis'],
        body: schemas.analysisRunBody.nullish(),
        response: { 202: schemas.planned },
      },
    },
    async (request, reply) => {
      const { chat = null, top = null, dryRun = false } = request.body ?? {};
      reply.code(202);
      return await engine.call('analysisPlan', { what: 'run', passes: null, chat, top, isDry: dryRun });
    },
  );

  api.post(
    '/analysis/backfill',
    {
      schema: {
        summary: 'Analyse conversations of before by one pass; answered when it is planned',
        tags: ['analysis'],
        body: schemas.backfillBody,
        response: { 202: schemas.planned },
      },
    },
    async (request, reply) => {
      const { pass, chat = null, top = null, dryRun = false } = request.body;
      reply.code(202);
      return await engine.call('analysisPlan', { what: 'backfill', passes: [pass], chat, top, isDry: dryRun });
    },
  );

  api.post(
    '/analysis/cancel',
    {
      schema: {
        summary: 'End every analysis of conversations of before',
        tags: ['analysis'],
        response: ok(schemas.cancelled),
      },
    },
    async () => await engine.call('analysisCancel', {}),
  );

  api.post(
    '/jobs/:id/retry',
    {
      schema: {
        summary: 'Try a job again that has failed for good',
        tags: ['analysis'],
        params: schemas.idParams,
        response: ok(schemas.jobRetried),
      },
    },
    async (request) => await engine.call('jobsRetry', { ids: [request.params.id] }),
  );

  api.post(
    '/jobs/:id/discard',
    {
      schema: {
        summary: 'Give a job up that has failed for good',
        tags: ['analysis'],
        params: schemas.idParams,
        response: ok(schemas.discarded),
      },
    },
    async (request) => await engine.call('jobsDiscard', { ids: [request.params.id] }),
  );
}
