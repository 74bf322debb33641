import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ChatStatsError } from '../kernel/index.ts';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>ChatStats</title>
<h1>ChatStats is running</h1><p>The page is not built in this checkout: run <code>npm run build</code>, then load this
again.</p><p><a href="/api/status">Status</a>, <a href="/api/openapi.json">everything the API can be asked for</a></p>
`;

/** Serves the page that was built into `folder`; where there is none, says how to build it. */
export async function servePage(app: FastifyInstance, folder: string | null): Promise<void> {
  if (folder !== null && existsSync(path.join(folder, 'index.html'))) {
    await app.register(fastifyStatic, {
      root: folder,
      index: ['index.html'],
      cacheControl: false,
      dotfiles: 'ignore',
      // The builder writes the content's hash into the names in assets/.
      setHeaders: (reply, file) =>
        void reply.header(
          'Cache-Control',
          file.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        ),
    });
  } else {
    app.get('/', { schema: { hide: true } }, (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(NOT_BUILT),
    );
  }
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?');
    const isPlace = request.method === 'GET' && !path.startsWith('/api') && !path.includes('.');
    if (isPlace && 'sendFile' in reply) return (reply as FastifyReply).sendFile('index.html');
    throw new ChatStatsError('NOT_FOUND', 'there is nothing at this address');
  });
}
