import { z } from 'zod';

/** A poll or a vote, as the URL of a message of the Polls app holds it. `votes` is there in votes alone. */
export type Poll = {
  question: string | null;
  options: { id: string; text: string }[];
  votes?: { option: string; participant: string | null }[];
};

const PREFIX = 'data:,';

const message = z.object({
  item: z.object({
    title: z.string().nullish(),
    orderedPollOptions: z.array(z.object({ optionIdentifier: z.string(), text: z.string().nullish() })).optional(),
    votes: z.array(z.object({ voteOptionIdentifier: z.string(), participantHandle: z.string().nullish() })).optional(),
  }),
});

/** Reads `data:,` + base64url JSON, with or without parameters behind it. Null when it is something else. */
export function readPoll(url: string): Poll | null {
  if (!url.startsWith(PREFIX)) return null;
  const [encoded = ''] = url.slice(PREFIX.length).split('?', 1);
  const parsed = message.safeParse(parseJson(Buffer.from(decodePercent(encoded), 'base64url').toString('utf8')));
  if (!parsed.success) return null;
  const { title, orderedPollOptions, votes } = parsed.data.item;
  if (orderedPollOptions === undefined && votes === undefined) return null;
  const poll: Poll = {
    question: title ?? null,
    options: (orderedPollOptions ?? []).map((option) => ({ id: option.optionIdentifier, text: option.text ?? '' })),
  };
  if (votes !== undefined) {
    poll.votes = votes.map((vote) => ({
      option: vote.voteOptionIdentifier,
      participant: vote.participantHandle ?? null,
    }));
  }
  return poll;
}

/** The padding may be written as %3D; nothing else in base64 needs an escape. */
function decodePercent(text: string): string {
  return text.replace(/%3d/gi, '=').replace(/%2b/gi, '+').replace(/%2f/gi, '/');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
