import { type ArchiveValue, encodeKeyedArchive } from '../../encode/keyed-archive.ts';

/** What payload_data of a link holds. `isPlaceholder`: the preview has not been fetched yet. */
export function linkPayload(url: string, title: string, isPlaceholder: boolean): Uint8Array {
  const preview: Record<string, ArchiveValue> = isPlaceholder
    ? {}
    : { URL: { url: `${url}/` }, title, siteName: 'example.com', summary: 'In short: ünïcode' };
  return encodeKeyedArchive({
    class: 'RichLink',
    fields: {
      richLinkIsPlaceholder: isPlaceholder,
      richLinkMetadata: { class: 'LPLinkMetadata', fields: { version: 1, originalURL: { url }, ...preview } },
    },
  });
}

/** What payload_data of an app's message holds; messages of one session update each other. */
export function appPayload(name: string, caption: string, session: string): Uint8Array {
  const query = `caption=${encodeURIComponent(caption)}&sendDate=1697316869.688709&messageType=1`;
  return appMessage(name, caption, session, `data:,?${query}`);
}

function appMessage(name: string, caption: string, session: string, url: string): Uint8Array {
  return encodeKeyedArchive({
    ldtext: caption,
    an: name,
    sessionIdentifier: { uuid: session },
    sendAsText: true,
    layoutClass: 'MSMessageTemplateLayout',
    URL: { url },
    userInfo: { caption, subcaption: 'below it', 'image-title': '', 'image-subtitle': '' },
  });
}

export function pollPayload(title: string, options: readonly string[], creator: string): Uint8Array {
  const orderedPollOptions = options.map((text, index) => ({
    optionIdentifier: optionId(index),
    text,
    creatorHandle: creator,
    canBeEdited: true,
  }));
  return pollMessage({ version: 1, item: { title, creatorHandle: creator, orderedPollOptions } });
}

export function votePayload(option: number, voter: string): Uint8Array {
  const votes = [{ voteOptionIdentifier: optionId(option), participantHandle: voter, serverVoteTime: 785_000_000.5 }];
  return pollMessage({ version: 1, item: { votes } });
}

function pollMessage(json: unknown): Uint8Array {
  const data = Buffer.from(JSON.stringify(json)).toString('base64url');
  return appMessage('Polls', 'Sent a poll', optionId(9), `data:,${data}?src=p&c=4`);
}

function optionId(index: number): string {
  return `0000000${index}-0000-4000-8000-000000000000`;
}
