import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { ChatStatsError, ERRORS, type ErrorCode, firstError } from '../kernel/index.ts';
import { SqliteError } from '../sqlite/index.ts';
import type { Problem } from './schemas/index.ts';

/** How an error of the catalogue is said in HTTP. What is not named here is a failure of ours: 500. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  USAGE: 400,
  CHAT_NOT_FOUND: 404,
  PASS_NOT_FOUND: 404,
  ANALYSIS_OFF: 409,
  NOT_FOUND: 404,
  REQUEST_REFUSED: 403,
  TOKEN_REQUIRED: 401,
  TOO_MANY: 429,
  NOT_AVAILABLE: 501,
  SOURCE_NOT_FOUND: 422,
  SOURCE_NO_PERMISSION: 422,
  SOURCE_NOT_MESSAGES: 422,
  SOURCE_NOT_DATABASE: 422,
  SOURCE_ENCRYPTED: 422,
  SOURCE_DAMAGED: 422,
  SOURCE_LOCKED: 422,
  ADDRESS_BOOK_NOT_FOUND: 422,
  STORE_NOT_FOUND: 503,
  STORE_OWNED: 409,
  ENGINE_FAILED: 503,
  ENGINE_BUSY: 503,
  CANCELLED: 503,
  DISK_FULL: 507,
};

/** Primary result codes of SQLite that mean: not at this moment (sqlite.org/rescode.html). */
const BUSY = [5, 6];
const DAMAGED = [11, 26];
const USAGE_HINT = 'GET /api/openapi.json says what every request may hold.';
const JSON_TYPE = 'application/problem+json; charset=utf-8';

/** RFC 9457. What is told is of the catalogue; of any other error nothing but that there was one. */
export function problemOf(thrown: unknown): Problem {
  const error = known(firstError(thrown));
  const status = STATUS[error.code] ?? 500;
  return {
    type: `urn:chatstats:error:${error.code}`,
    title: ERRORS[error.code].meaning,
    status,
    detail: error.message,
    code: error.code,
    hint: error.code === 'USAGE' && error.hint === ERRORS.USAGE.hint ? USAGE_HINT : error.hint,
  };
}

function known(error: unknown): ChatStatsError {
  if (error instanceof ChatStatsError) return error;
  if (error instanceof SqliteError && BUSY.includes(error.code)) {
    return new ChatStatsError('ENGINE_BUSY', 'the store is locked at this moment');
  }
  if (error instanceof SqliteError && DAMAGED.includes(error.code)) {
    return new ChatStatsError('STORE_DAMAGED', 'the store is damaged');
  }
  return new ChatStatsError('INTERNAL', 'the request could not be answered');
}

export function sendProblem(reply: FastifyReply, thrown: unknown): FastifyReply {
  const problem = problemOf(thrown);
  return send(reply, problem);
}

function send(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer');
  if (problem.status === 503 || problem.status === 429) reply.header('Retry-After', '1');
  return reply.code(problem.status).header('Content-Type', JSON_TYPE).serializer(JSON.stringify).send(problem);
}

/** Whatever goes wrong in a route, and what Fastify itself refuses. */
export function answerError(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [issue] = error.validation;
    const field = issue?.instancePath.replaceAll('/', ' ').trim() ?? '';
    return sendProblem(
      reply,
      new ChatStatsError('USAGE', `${field === '' ? 'the request' : field}: ${issue?.message ?? 'is not understood'}`),
    );
  }
  // Fastify's own refusals (too large, not JSON, wrong media type) keep their status; their words quote nothing.
  // Other errors have codes of other kinds: those of SQLite are numbers.
  if (!(error instanceof ChatStatsError) && String(error.code).startsWith('FST_') && (error.statusCode ?? 500) < 500) {
    const problem = problemOf(new ChatStatsError('USAGE', error.message));
    return send(reply, { ...problem, status: error.statusCode ?? 400 });
  }
  return sendProblem(reply, error);
}
