import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that speaks the protocol of OpenAI's chat completions, and does with each request what it is told to. */
export type LlmRequest = {
  headers: IncomingMessage['headers'];
  body: {
    model: string;
    messages: { role: string; content: string }[];
    stream?: boolean;
    response_format?: { type: string; json_schema?: { strict: boolean } };
  };
};
export type Answerer = (response: ServerResponse, request: LlmRequest, count: number) => void;

export async function llmServer(answer: Answerer) {
  const requests: LlmRequest[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const asked = { headers: request.headers, body: JSON.parse(text) as LlmRequest['body'] };
      requests.push(asked);
      if (request.url !== '/v1/chat/completions') response.writeHead(404).end();
      else answer(response, asked, requests.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export const GOOD = {
  summary: 'They said hello.',
  topics: ['greetings'],
  entities: [{ name: 'Ann', kind: 'person' }],
  emotions: [
    { person: 'P1', emotion: 'joy', intensity: 0.7 },
    { person: 'P9', emotion: 'fear', intensity: 1 },
  ],
};

export function asJson(response: ServerResponse, content: string, finish = 'stop'): void {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }];
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ id: 'x', choices, usage: { prompt_tokens: 100, completion_tokens: 20 } }));
}

/** In pieces that begin and end anywhere, in the middle of characters too. */
export function asStream(response: ServerResponse, content: string, { ending = true, newline = '\n' } = {}): void {
  response.setHeader('Content-Type', 'text/event-stream');
  const event = (value: unknown) => `data: ${JSON.stringify(value)}${newline}${newline}`;
  const pieces = content.match(/[\s\S]{1,7}/g) ?? [];
  const text = [
    `: hello${newline}${newline}`,
    event({ choices: [{ delta: { role: 'assistant' } }] }),
    ...pieces.map((piece) => event({ choices: [{ delta: { content: piece } }] })),
    ...(ending
      ? [
          event({ choices: [{ delta: {}, finish_reason: 'stop' }] }),
          event({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 20 } }),
          `data: [DONE]${newline}${newline}`,
        ]
      : []),
  ].join('');
  const bytes = Buffer.from(text);
  const send = (from: number) => {
    if (from >= bytes.length) {
      if (ending) response.end();
      else response.destroy();
      return;
    }
    response.write(bytes.subarray(from, from + 11), () => send(from + 11));
  };
  send(0);
}
