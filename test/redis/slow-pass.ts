import { z } from 'zod';
import type { Pass } from '../../src/analysis/index.ts';
import { pause } from '../../src/kernel/index.ts';
import type { Transcript } from '../../src/model/index.ts';

/** A pass that counts what was said, and takes its time. */
export function slowPass(ms: number): Pass {
  return {
    name: 'slow',
    version: 1,
    kind: 'batch',
    concurrency: 64,
    input: (transcript) => transcript,
    async run(input, { signal }) {
      await pause(ms, signal);
      return { conversation: (input as Transcript).conversationId, messages: (input as Transcript).messages.length };
    },
    schema: z.object({ conversation: z.int(), messages: z.int() }),
  };
}
