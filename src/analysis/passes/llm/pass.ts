import { z } from 'zod';
import { systemClock } from '../../../kernel/index.ts';
import { definePass, type Pass, type PassContext, PassError, type Usage } from '../../pass.ts';
import { type Answer, readAnswer } from './answer.ts';
import { type ChatMessage, LlmClient } from './client.ts';
import type { Completion } from './completion.ts';
import { type Encoded, encodeTranscript, tokensOf } from './encode.ts';
import { RequestLimiter } from './limiter.ts';
import { PROMPT_VERSION, SYSTEM_PROMPT, userPrompt } from './prompt.ts';
import type { LlmSettings } from './settings.ts';

const schema = z.object({
  summary: z.string(),
  topics: z.array(z.string()),
  entities: z.array(z.object({ name: z.string(), kind: z.string() })),
  emotions: z.array(z.object({ person: z.string(), emotion: z.string(), intensity: z.number() })),
  model: z.string(),
  omittedMessages: z.int().nonnegative(),
});
type Result = z.infer<typeof schema>;

const MILLION = 1_000_000;
/** Servers of one machine have room for few at once. */
const CONCURRENCY = 2;
/** It costs more than all others, and comes behind them. */
const PRIORITY = 50;
/** An answer that does not fit is asked for once more; that may take as long again. */
const TRIES = 2;

/** Summary, topics, entities and emotions of a conversation, by a language model. */
export function llmPass(settings: LlmSettings): Pass<Encoded, Result> {
  const client = new LlmClient(settings, new RequestLimiter(settings.requestsPerMinute, systemClock));
  const instructions = tokensOf(SYSTEM_PROMPT);
  return definePass<Encoded, Result>({
    name: 'llm',
    version: PROMPT_VERSION,
    kind: 'batch',
    priority: PRIORITY,
    concurrency: CONCURRENCY,
    timeoutMs: settings.timeoutMs * TRIES,
    bounds: { tokens: settings.tokensPerDay, cost: settings.costPerDay },
    input: (transcript) => encodeTranscript(transcript, settings.mostInputTokens),
    estimate: ({ text }) => usageOf(settings, instructions + tokensOf(text), settings.mostOutputTokens),
    run: async (encoded, context) => resultOf(settings, encoded, await ask(client, settings, encoded, context)),
    schema,
  });
}

async function ask(
  client: LlmClient,
  settings: LlmSettings,
  { text }: Encoded,
  { signal, used }: PassContext,
): Promise<Answer> {
  const messages: ChatMessage[] = [
    { role: 'system', content: SYSTEM_PROMPT },
    { role: 'user', content: userPrompt(text) },
  ];
  for (let tries = 1; ; tries += 1) {
    const completion = await client.complete(messages, signal);
    used(usageIn(settings, messages, completion));
    const answer = readAnswer(completion.content);
    if (answer !== null) return answer;
    if (completion.isCut)
      throw new PassError('LLM_ANSWER_CUT', 'the answer was longer than it may be (--llm-output-tokens)');
    if (tries === TRIES) throw new PassError('LLM_ANSWER_NOT_VALID', 'the answer does not fit the schema, asked twice');
    messages.push(
      { role: 'assistant', content: completion.content },
      { role: 'user', content: 'That is not the JSON object that was asked for. Answer with that object alone.' },
    );
  }
}

function usageIn(settings: LlmSettings, messages: readonly ChatMessage[], completion: Completion): Usage {
  const sent = messages.reduce((sum, { content }) => sum + tokensOf(content), 0);
  const { inputTokens, outputTokens, content } = completion;
  return usageOf(settings, inputTokens ?? sent, outputTokens ?? tokensOf(content));
}

function usageOf({ inputPrice, outputPrice }: LlmSettings, input: number, output: number): Usage {
  return { tokens: input + output, cost: Math.ceil((input * inputPrice + output * outputPrice) / MILLION) };
}

/** People are called as the transcript calls them; whom the model made up is left out. */
function resultOf({ model }: LlmSettings, { people, omitted }: Encoded, answer: Answer): Result {
  const emotions = answer.emotions.flatMap(({ person, ...emotion }) => {
    const id = people.get(person.trim().toUpperCase());
    return id === undefined ? [] : [{ person: id, ...emotion }];
  });
  return { ...answer, emotions, model, omittedMessages: omitted };
}
