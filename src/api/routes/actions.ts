import { z } from 'zod';
import { ChatStatsError } from '../../kernel/index.ts';
import type { Api, Context, OpenedImport } from '../context.ts';
import { chatNamed } from '../heavy-calls.ts';
import * as schemas from '../schemas/index.ts';
import { ok } from './chats.ts';

/** What changes something. The engine does it; these only ask. */
export function actionRoutes(api: Api, context: Context): void {
  const { engine, monitor, reader, guard } = context;
  let isImporting = false;

  api.post(
    '/import',
    {
      schema: {
        summary: 'Import a source, or the one that is followed once more; answered when it has begun',
        tags: ['actions'],
        body: schemas.importBody.nullish(),
        response: { 202: schemas.importAccepted },
      },
    },
    async (request, reply) => {
      const { source = null, addressBook = null } = request.body ?? {};
      if (isImporting) throw new ChatStatsError('ENGINE_BUSY', 'an import is running already');
      isImporting = true;
      let opened: OpenedImport;
      try {
        opened = await context.openImport(source, addressBook);
      } catch (error) {
        isImporting = false;
        throw error;
      }
      void engine
        .call('import', opened.args)
        // The engine tells of a failed import by an event of its own.
        .catch(() => undefined)
        .finally(() => {
          opened[Symbol.dispose]();
          isImporting = false;
          monitor.importEnded();
        });
      reply.code(202);
      return { started: true as const };
    },
  );

  api.post(
    '/chats/:id/seal',
    {
      schema: {
        summary: 'End the conversation of a chat now',
        tags: ['actions'],
        params: schemas.chatParams,
        response: ok(schemas.sealed),
      },
    },
    async (request) => {
      const id = reader.read((db) => chatNamed(db, request.params.id));
      const chat = reader.read((db) => db.value<string>('SELECT identifier FROM chats WHERE id = ?', id));
      return await engine.call('seal', { chat: chat ?? request.params.id });
    },
  );

  api.post(
    '/quarantine/:id/retry',
    {
      schema: {
        summary: 'Try a row again that was set aside',
        tags: ['actions'],
        params: schemas.idParams,
        response: ok(schemas.retried),
      },
    },
    async (request) => await engine.call('quarantineRetry', { ids: [request.params.id] }),
  );

  api.get(
    '/session',
    {
      schema: {
        summary: 'Whether a token is needed, and whether this browser has shown it',
        tags: ['session'],
        response: ok(schemas.session),
      },
    },
    (request) => ({ required: guard.isTokenRequired, signedIn: guard.isSignedIn(request.headers) }),
  );

  api.post(
    '/login',
    {
      schema: {
        summary: 'Show the token once; a cookie stands for it from then on',
        tags: ['session'],
        body: schemas.loginBody,
        response: { 204: z.null() },
      },
    },
    (request, reply) => {
      if (!guard.isToken(request.body.token)) throw new ChatStatsError('TOKEN_REQUIRED', 'the token is not valid');
      if (guard.isTokenRequired) reply.header('Set-Cookie', guard.cookie());
      reply.code(204);
      return null;
    },
  );
}
