import { type Completion, notAnAnswer, tokensIn } from './completion.ts';

/** Puts an answer together that comes piece by piece, as server-sent events. What is no piece of one is an error. */
export async function readEventStream(chunks: AsyncIterable<string>): Promise<Completion> {
  const found: Completion = { content: '', isCut: false, inputTokens: null, outputTokens: null };
  let isOver = false;
  let pieces = 0;
  for await (const data of events(chunks)) {
    if (data === '[DONE]') {
      isOver = true;
      break;
    }
    const piece = JSON.parse(data) as { choices?: unknown; usage?: unknown; error?: unknown };
    if (piece.error !== undefined && piece.error !== null) throw notAnAnswer();
    if (piece.usage !== undefined && piece.usage !== null) Object.assign(found, tokensIn(piece.usage));
    const choice = Array.isArray(piece.choices) ? (piece.choices[0] as Choice | undefined) : undefined;
    if (typeof choice?.delta?.content === 'string') {
      found.content += choice.delta.content;
      pieces += 1;
    }
    if (typeof choice?.finish_reason === 'string') {
      isOver = true;
      found.isCut = choice.finish_reason === 'length';
    }
  }
  if (pieces === 0) throw notAnAnswer();
  // Without its end nobody knows what is missing.
  if (!isOver) throw new Error('the stream ended early');
  return found;
}

type Choice = { delta?: { content?: unknown }; finish_reason?: unknown };

/** The data of each event. Lines may end in any of three ways, and a chunk may end anywhere. */
async function* events(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let data: string[] = [];
  for await (const chunk of chunks) {
    rest += chunk;
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '' && data.length > 0) {
        yield data.join('\n');
        data = [];
      } else if (line.startsWith('data:')) data.push(line.slice('data:'.length).replace(/^ /, ''));
    }
  }
  if (rest.startsWith('data:')) data.push(rest.slice('data:'.length).trim());
  if (data.length > 0) yield data.join('\n');
}
