import type { Problem } from './types.ts';

/** The API as the page asks it: JSON in, JSON out, problems as errors with words for a person. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;

  constructor({ status, code, detail, hint }: Pick<Problem, 'status' | 'code' | 'detail' | 'hint'>) {
    super(detail);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** `position`: of the newest event that the answer knows of, where it says so. */
export type Answer<T> = { body: T; position: number | null };
export type Params = Record<string, string | number | boolean | null | undefined>;

const UNREACHABLE = {
  status: 0,
  code: 'UNREACHABLE',
  detail: 'ChatStats does not answer.',
  hint: 'Is it still running? It is tried again by itself.',
};

export function address(path: string, params: Params = {}): string {
  const set = Object.entries(params).flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)]],
  );
  const query = new URLSearchParams(set).toString();
  return `/api/${path}${query === '' ? '' : `?${query}`}`;
}

export async function ask<T>(path: string, params: Params = {}, signal?: AbortSignal): Promise<Answer<T>> {
  const response = await send(address(path, params), { ...(signal === undefined ? {} : { signal }) });
  const position = response.headers.get('x-event-position');
  return { body: (await response.json()) as T, position: position === null ? null : Number(position) };
}

/** Asks for something to be done. */
export async function order<T>(path: string, body: unknown = {}): Promise<T> {
  const headers = { 'content-type': 'application/json', 'x-chatstats': '1' };
  const response = await send(address(path), { method: 'POST', headers, body: JSON.stringify(body) });
  return (response.status === 204 ? null : await response.json()) as T;
}

async function send(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(UNREACHABLE);
  });
  if (response.ok) return response;
  throw new ApiError(await problemOf(response));
}

async function problemOf(response: Response): Promise<Problem> {
  const unknown = {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: 'UNKNOWN',
    detail: `ChatStats answered ${response.status}.`,
    hint: 'Look at its log for the reason.',
  };
  try {
    return { ...unknown, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return unknown;
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError({ status: 0, code: 'PAGE', detail: 'The page failed to show this.', hint: 'Load it again.' });
}
