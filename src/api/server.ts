import compress from '@fastify/compress';
import swagger from '@fastify/swagger';
import fastify from 'fastify';
import { jsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { Hub } from '../delivery/index.ts';
import { ChatStatsError } from '../kernel/index.ts';
import type { BackupReader } from '../sources/iphone-backup/index.ts';
import type { Api, Context } from './context.ts';
import { encodeAnswer } from './encode-answer.ts';
import { Guard } from './guard.ts';
import { HeavyReader } from './heavy-reader.ts';
import { KeptItems } from './kept-items.ts';
import { Monitor } from './monitor.ts';
import { servePage } from './page.ts';
import { answerError } from './problems.ts';
import { actionRoutes } from './routes/actions.ts';
import { analysisRoutes } from './routes/analysis.ts';
import { attachmentRoutes } from './routes/attachments.ts';
import { chatRoutes } from './routes/chats.ts';
import { numberRoutes } from './routes/numbers.ts';
import { peopleRoutes } from './routes/people.ts';
import { stateRoutes } from './routes/state.ts';
import { streamRoutes } from './routes/streams.ts';
import { securityHeaders } from './security-headers.ts';
import { StoreReader } from './store-reader.ts';
import { keepWarm } from './warm-up.ts';

/** The longest body of a request, in bytes: what can be asked for is short. */
const BODY_BYTES = 16_384;
/** All headers of a request together, in bytes. */
const HEADER_BYTES = 16_384;
/** A request has arrived after this, in milliseconds, or never. */
const REQUEST_MS = 30_000;
/** Connections at once; each stream is one. */
const MOST_CONNECTIONS = 1_024;
/** Answers below this are sent as they are, in bytes. */
const WORTH_COMPRESSING = 1_400;
/** A third of the time of the usual level, for a tenth more bytes. */
const COMPRESSION_LEVEL = 2;
/** Answers up to this are compressed in one go, in bytes: 0.4 ms for a list of 100, and other threads need not wake up. */
const COMPRESSED_AT_ONCE = 262_144;

export type ApiOptions = Pick<
  Context,
  'store' | 'version' | 'clock' | 'engine' | 'home' | 'openImport' | 'addressBook' | 'listBackups' | 'examine' | 'redis'
> & {
  /** A name or address, and a port; 0 takes any that is free. */
  host: string;
  port: number;
  /** Null: none is needed, which only a loopback host may have. */
  token: string | null;
  /** The folder of the built page; null when there is none. */
  page: string | null;
  /** Whether answers are checked against their schemas, which tests do; it takes longer than making them. */
  checkAnswers?: boolean;
  /** Whether lists are warmed up when the server has started; tests have no use for it. True where nothing is said. */
  warmsUp?: boolean;
  /** For tests: shorter waits of the streams, in milliseconds. */
  streams?: { pollMs?: number; beatMs?: number; stalledMs?: number };
};

export type ApiServer = AsyncDisposable & {
  /** Where the page is. */
  address: string;
  port: number;
  /** Says what goes on where the engine follows nothing, and so does not say it itself. */
  tell(state: 'importing' | 'idle'): void;
  /** Says once more what goes on: something beside it has changed, and whoever shows it asks anew. */
  tellAgain(): void;
  /** Hands out the attachments of a backup that is open, as long as it is. */
  lend(reader: BackupReader): void;
};

/** Listens. Throws TOKEN_REQUIRED or PORT_IN_USE before anything is answered. */
export async function startApi(options: ApiOptions): Promise<ApiServer> {
  const guard = new Guard(options);
  await using started = new AsyncDisposableStack();
  const reader = started.use(new StoreReader(options.store));
  const heavy = started.use(new HeavyReader(options.store));
  const hub = started.use(new Hub({ read: (work) => reader.read(work), ...options.streams }));
  reader.onReplaced(() => hub.storeReplaced());
  const monitor = started.use(
    new Monitor({ engine: options.engine, hub, reader, clock: options.clock, redis: options.redis }),
  );
  const lent: BackupReader[] = [];
  const kept = new KeptItems();
  const app = await appOf({ ...options, reader, kept, heavy, hub, monitor, guard, lent }, options);
  // Streams end before the server waits for its connections: disposing goes from the last to the first.
  started.defer(() => app.close());
  const { port } = await listen(app, options);
  heavy.start();
  if (options.warmsUp ?? true) started.use(keepWarm(reader));
  const name = options.host.includes(':') ? `[${options.host}]` : options.host;
  const running = started.move();
  return {
    address: `http://${name}:${port}/`,
    port,
    tell: (state) => monitor.enter(state),
    tellAgain: () => monitor.enter(monitor.state),
    lend: (reader) => void lent.push(reader),
    async [Symbol.asyncDispose]() {
      // Otherwise the server would wait for streams that nobody ends.
      await hub[Symbol.asyncDispose]();
      await running.disposeAsync();
    },
  };
}

async function appOf(context: Context, { checkAnswers = false, page }: ApiOptions) {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1_000 },
    http: { maxHeaderSize: HEADER_BYTES },
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  app.setValidatorCompiler(validatorCompiler);
  // Fastify sends bytes as well as text; its types know of text alone.
  app.setSerializerCompiler(checkAnswers ? serializerCompiler : () => encodeAnswer as (answer: unknown) => string);
  app.setErrorHandler(answerError);
  const headers = securityHeaders();
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(headers);
  });
  // Before anything else, so that whoever is not let in learns nothing, not even what there is.
  app.addHook('onRequest', async ({ method, url, headers }) => context.guard.check({ method, url, headers }));
  await app.register(compress, {
    encodings: ['gzip'],
    threshold: WORTH_COMPRESSING,
    syncThreshold: COMPRESSED_AT_ONCE,
    zlibOptions: { level: COMPRESSION_LEVEL },
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'ChatStats',
        version: context.version,
        description:
          'Lists carry X-Event-Position: a stream opened with ?after= that position misses nothing. Errors are problem details (RFC 9457) with a code of docs/errors.md. POST wants the header X-ChatStats: 1.',
      },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(
    async (scope) => {
      const api = scope as unknown as Api;
      api.addHook('onSend', async (_request, reply) => {
        if (!reply.hasHeader('Cache-Control')) reply.header('Cache-Control', 'private, no-cache');
      });
      for (const routes of [
        chatRoutes,
        peopleRoutes,
        numberRoutes,
        stateRoutes,
        streamRoutes,
        actionRoutes,
        analysisRoutes,
        attachmentRoutes,
      ]) {
        routes(api, context);
      }
      api.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    },
    { prefix: '/api' },
  );
  await servePage(app, page);
  return app;
}

type App = Awaited<ReturnType<typeof appOf>>;

async function listen(app: App, { host, port }: ApiOptions): Promise<{ port: number }> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'EADDRINUSE') throw new ChatStatsError('PORT_IN_USE', `port ${port} of ${host} is taken`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EACCES') {
      throw new ChatStatsError('USAGE', `cannot listen on port ${port} of ${host} (${code})`);
    }
    throw error;
  }
  const address = app.server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : port };
}
