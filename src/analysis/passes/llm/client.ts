import { PassError } from '../../pass.ts';
import { type Completion, completionOf, notAnAnswer } from './completion.ts';
import { readEventStream } from './event-stream.ts';
import type { RequestLimiter } from './limiter.ts';
import { ANSWER_JSON_SCHEMA } from './prompt.ts';
import type { LlmSettings } from './settings.ts';

export type ChatMessage = { role: 'system' | 'user' | 'assistant'; content: string };

/** How a server is asked for JSON, from the strictest on; one that refuses a form is asked in the next. */
const FORMS = ['schema', 'object', 'words'] as const;

/** Longer answers are not read, in bytes. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;
/** What a server asks to wait at most for it to be waited for here, in milliseconds; the queue waits longer. */
const SHORT_WAIT_MS = 20_000;
const WAITS = 3;

/** Asks an OpenAI-compatible server, and says what went wrong in words without anything that was sent or received. */
export class LlmClient {
  readonly #settings: LlmSettings;
  readonly #limiter: RequestLimiter;
  #form = 0;
  #isStreaming: boolean;

  constructor(settings: LlmSettings, limiter: RequestLimiter) {
    this.#settings = settings;
    this.#limiter = limiter;
    this.#isStreaming = settings.isStreaming;
  }

  async complete(messages: readonly ChatMessage[], signal: AbortSignal): Promise<Completion> {
    for (let waits = 0; ; ) {
      await this.#limiter.place(signal);
      const form = this.#form;
      const response = await this.#send(messages, form, signal);
      if (response.ok) return await this.#read(response, signal);
      const { status } = response;
      const retryAfterMs = retryAfter(response);
      await response.body?.cancel().catch(() => undefined);
      if ((status === 400 || status === 422) && this.#weaken(form)) continue;
      if (status === 429 || status === 503) {
        this.#limiter.block(retryAfterMs ?? 0);
        if (retryAfterMs !== undefined && retryAfterMs <= SHORT_WAIT_MS && waits < WAITS) {
          waits += 1;
          continue;
        }
      }
      throw refusal(status, retryAfterMs);
    }
  }

  /** True when there is a weaker form to ask in. What works is asked for in the first place from then on. */
  #weaken(form: number): boolean {
    if (this.#form > form) return true;
    if (form + 1 < FORMS.length) {
      this.#form = form + 1;
      return true;
    }
    if (!this.#isStreaming) return false;
    this.#isStreaming = false;
    this.#form = 0;
    return true;
  }

  async #send(messages: readonly ChatMessage[], form: number, signal: AbortSignal): Promise<Response> {
    const { url, model, key, mostOutputTokens } = this.#settings;
    const body = {
      model,
      messages,
      temperature: 0,
      max_tokens: mostOutputTokens,
      ...formOf(form),
      ...(this.#isStreaming ? { stream: true, stream_options: { include_usage: true } } : {}),
    };
    try {
      return await fetch(`${url.replace(/\/+$/, '')}/chat/completions`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Accept: this.#isStreaming ? 'text/event-stream, application/json' : 'application/json',
          ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
        },
        body: JSON.stringify(body),
        // It was agreed to send conversations to this server, and to no other.
        redirect: 'error',
        signal,
      });
    } catch {
      signal.throwIfAborted();
      throw new PassError('LLM_UNREACHABLE', 'the server of the language model cannot be reached');
    }
  }

  async #read(response: Response, signal: AbortSignal): Promise<Completion> {
    const isStream = response.headers.get('content-type')?.includes('text/event-stream') === true;
    try {
      if (isStream) return await readEventStream(chunks(response));
      return completionOf(JSON.parse(await textOf(response)) as unknown);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PassError) throw error;
      if (error instanceof SyntaxError) throw notAnAnswer();
      throw new PassError('LLM_ANSWER_CUT', 'the connection broke off in the middle of an answer');
    }
  }
}

function formOf(form: number): Record<string, unknown> {
  switch (FORMS[form]) {
    case 'schema': {
      const schema = { name: 'conversation', strict: true, schema: ANSWER_JSON_SCHEMA };
      return { response_format: { type: 'json_schema', json_schema: schema } };
    }
    case 'object':
      return { response_format: { type: 'json_object' } };
    default:
      return {};
  }
}

async function* chunks(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MOST_ANSWER_BYTES) throw new PassError('LLM_ANSWER_TOO_LONG', 'the server does not stop answering');
    yield decoder.decode(chunk as Uint8Array, { stream: true });
  }
}

async function textOf(response: Response): Promise<string> {
  let text = '';
  for await (const chunk of chunks(response)) text += chunk;
  return text;
}

/** In milliseconds: the header holds seconds, or a date. */
function retryAfter({ headers }: Response): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value.trim())) return Math.ceil(Number(value) * 1_000);
  const [at, now] = [Date.parse(value), Date.parse(headers.get('date') ?? '')];
  return Number.isNaN(at) || Number.isNaN(now) ? undefined : Math.max(0, at - now);
}

function refusal(status: number, retryAfterMs: number | undefined): PassError {
  const told = `the server of the language model answered with status ${status}`;
  if (status === 429) return new PassError('LLM_LIMITED', told, { retryAfterMs });
  if (status >= 500) return new PassError('LLM_SERVER_REFUSED', told, { retryAfterMs });
  // Whatever was wrong with one conversation would be wrong with it again.
  return new PassError('LLM_REQUEST_REFUSED', told, { isFinal: status === 413 });
}
