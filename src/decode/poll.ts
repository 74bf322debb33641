/** A poll or a vote, as the URL of a message of the Polls app holds it. `votes` is there in votes alone. */
export type Poll = {
  question: string | null;
  options: { id: string; text: string }[];
  votes?: { option: string; participant: string | null }[];
};

const PREFIX = 'data:,';

/** Reads `data:,` + base64url JSON, with or without parameters behind it. Null when it is something else. */
export function readPoll(url: string): Poll | null {
  if (!url.startsWith(PREFIX)) return null;
  const [encoded = ''] = url.slice(PREFIX.length).split('?', 1);
  const item = field(parseJson(Buffer.from(decodePercent(encoded), 'base64url').toString('utf8')), 'item');
  const options = field(item, 'orderedPollOptions');
  const votes = field(item, 'votes');
  if (!Array.isArray(options) && !Array.isArray(votes)) return null;
  const poll: Poll = {
    question: textAt(item, 'title'),
    options: identified(options, 'optionIdentifier').map(([id, option]) => ({
      id,
      text: textAt(option, 'text') ?? '',
    })),
  };
  if (Array.isArray(votes)) {
    poll.votes = identified(votes, 'voteOptionIdentifier').map(([option, vote]) => ({
      option,
      participant: textAt(vote, 'participantHandle'),
    }));
  }
  return poll;
}

/** The entries of a list that have an identifier, with it. */
function identified(list: unknown, key: string): [string, unknown][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const id = textAt(entry, key);
    return id === null ? [] : [[id, entry] as [string, unknown]];
  });
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

function textAt(value: unknown, key: string): string | null {
  const text = field(value, key);
  return typeof text === 'string' ? text : null;
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
