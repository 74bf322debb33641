import path from 'node:path';
import { z } from 'zod';
import type { Api, Context } from '../context.ts';
import { healthOf } from '../health.ts';
import { metricsText } from '../metrics.ts';
import * as schemas from '../schemas/index.ts';
import { ok } from './chats.ts';

/** How the program itself is doing. */
export function stateRoutes(api: Api, context: Context): void {
  api.get(
    '/status',
    { schema: { summary: 'The state at a glance', tags: ['health'], response: ok(schemas.status) } },
    async () => await statusNow(context),
  );

  api.get(
    '/health',
    {
      schema: {
        summary: 'Whether all is well; 200 in any case, read `state`',
        tags: ['health'],
        response: ok(schemas.health),
      },
    },
    async () => healthOf(await statusNow(context)),
  );

  api.get(
    '/doctor',
    {
      schema: {
        summary: 'What is wrong, and what to do about it; 200 in any case, read `ok`',
        tags: ['health'],
        response: ok(schemas.diagnosis),
      },
    },
    async () => await context.examine(),
  );

  api.get(
    '/metrics',
    {
      schema: {
        summary: 'Figures in the text format of Prometheus',
        tags: ['health'],
        produces: ['text/plain'],
        response: ok(z.string()),
      },
    },
    async (_request, reply) => {
      reply.type('text/plain; version=0.0.4; charset=utf-8').serializer(String);
      return metricsText(await statusNow(context));
    },
  );
}

async function statusNow(context: Context): Promise<schemas.Status> {
  const { heavy, monitor, hub, version, clock, reader, store } = context;
  const [{ value }, { following, waiting }, redis] = await Promise.all([
    heavy.ask('status', { file: store }),
    monitor.live(),
    context.redis(),
  ]);
  return {
    version,
    startedAt: new Date(monitor.startedAtMs).toISOString(),
    now: new Date(clock.now()).toISOString(),
    state: monitor.state,
    import: monitor.importing,
    store: reader.isThere ? { ...value.store, file: path.resolve(store) } : null,
    lastEvent: value.lastEvent,
    consumers: value.consumers,
    analysis: value.analysis as schemas.Status['analysis'],
    following,
    waiting,
    streams: hub.figures,
    redis,
    problems: [...monitor.problems, ...(redis?.problems ?? [])],
  };
}
