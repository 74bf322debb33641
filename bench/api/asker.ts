/**
 * Asks for one thing again and again, for whoever forked it: a process with nothing else in its memory, as a browser's
 * tab of its own. In the process that also makes up a history, its own collections would take up to 8 ms of what is timed.
 */
import http from 'node:http';
import { sleep } from '../live/consumer.ts';

export type Question = { url: string; headers: Record<string, string>; count: number };
/** Milliseconds of each answer, in the order of asking; and the bytes of the last. */
export type Answers = { times: number[]; bytes: number } | { failure: string };

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Only counts the bytes. */
async function get(url: string, headers: Record<string, string>): Promise<{ ms: number; bytes: number }> {
  const startedAt = performance.now();
  return await new Promise((resolve, reject) => {
    http
      .get(url, { agent, headers }, (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve({ ms: performance.now() - startedAt, bytes });
          else reject(new Error(`${url} answered ${response.statusCode}`));
        });
      })
      .on('error', reject);
  });
}

async function ask({ url, headers, count }: Question): Promise<Answers> {
  const times: number[] = [];
  let bytes = 0;
  for (let at = 0; at < count; at += 1) {
    const answer = await get(url, headers);
    times.push(answer.ms);
    bytes = answer.bytes;
    // As a page asks: not in one go.
    await sleep(1);
  }
  return { times, bytes };
}

process.on('message', (question: Question) => {
  ask(question).then(
    (answers) => process.send?.(answers),
    (error: unknown) => process.send?.({ failure: String(error) } satisfies Answers),
  );
});
