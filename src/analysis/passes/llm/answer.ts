import { z } from 'zod';

/** What a model says, checked. Lists that are too long are cut; a field that is missing or of another kind is refused. */
const MOST = { summary: 4_000, topics: 8, entities: 20, emotions: 60, words: 200 };

const words = z.string().transform((text) => text.trim().slice(0, MOST.words));
const list = <Item extends z.ZodType>(item: Item, most: number) =>
  z.array(item).transform((items) => items.slice(0, most));

const answer = z.object({
  summary: z
    .string()
    .transform((text) => text.trim().slice(0, MOST.summary))
    .pipe(z.string().min(1)),
  topics: list(words, MOST.topics),
  entities: list(
    z.object({
      name: words,
      kind: z.enum(['person', 'place', 'organization', 'event', 'date', 'thing']).catch('thing'),
    }),
    MOST.entities,
  ),
  emotions: list(
    z.object({
      person: z.string(),
      emotion: words,
      intensity: z.number().transform((value) => Math.min(1, Math.max(0, value))),
    }),
    MOST.emotions,
  ),
});
export type Answer = z.output<typeof answer>;

/** The answer in what a model wrote: alone, in a fence, or with words around it. Null when there is none that fits. */
export function readAnswer(content: string): Answer | null {
  for (const candidate of candidates(content)) {
    let value: unknown;
    try {
      value = JSON.parse(candidate);
    } catch {
      continue;
    }
    const checked = answer.safeParse(value);
    if (checked.success) return checked.data;
  }
  return null;
}

function candidates(content: string): string[] {
  // Some models think aloud first.
  const said = content.replace(/<think>[\s\S]*?<\/think>/g, '').trim();
  const fenced = /```(?:json)?\s*([\s\S]*?)```/.exec(said)?.[1];
  const [first, last] = [said.indexOf('{'), said.lastIndexOf('}')];
  return [
    said,
    ...(fenced === undefined ? [] : [fenced]),
    ...(first !== -1 && last > first ? [said.slice(first, last + 1)] : []),
  ];
}
