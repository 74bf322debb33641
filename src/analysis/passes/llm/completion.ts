import { PassError } from '../../pass.ts';

/** What a server answered. Tokens are null where it does not say. */
export type Completion = {
  content: string;
  isCut: boolean;
  inputTokens: number | null;
  outputTokens: number | null;
};

export function notAnAnswer(): PassError {
  return new PassError('LLM_ANSWER_NOT_JSON', 'what the server answered is nothing that its protocol knows');
}

type Choice = { message?: { content?: unknown }; finish_reason?: unknown };

export function completionOf(body: unknown): Completion {
  const { choices, usage } = (body ?? {}) as { choices?: Choice[]; usage?: unknown };
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  const content = choice?.message?.content;
  if (typeof content !== 'string') throw notAnAnswer();
  return { content, isCut: choice?.finish_reason === 'length', ...tokensIn(usage) };
}

export function tokensIn(usage: unknown): Pick<Completion, 'inputTokens' | 'outputTokens'> {
  const { prompt_tokens: input, completion_tokens: output } = (usage ?? {}) as Record<string, unknown>;
  const count = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? Math.max(0, value) : null);
  return { inputTokens: count(input), outputTokens: count(output) };
}
