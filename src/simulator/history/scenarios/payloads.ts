import { plist } from '../../plists.ts';

/** What payload_data of a link holds. `isPlaceholder`: the preview has not been fetched yet. */
export function linkPayload(url: string, title: string, isPlaceholder: boolean): Uint8Array {
  return plist({
    richLinkIsPlaceholder: isPlaceholder,
    richLinkMetadata: isPlaceholder
      ? { originalURL: { URL: url } }
      : { originalURL: { URL: url }, URL: { URL: url }, title, siteName: 'example.com' },
  });
}

/** What payload_data of an app's message holds; messages of one session update each other. */
export function appPayload(name: string, caption: string, session: string): Uint8Array {
  return plist({
    an: name,
    ldtext: caption,
    URL: { URL: `data:,${encodeURIComponent(caption)}?sendDate=1697316869.688709&messageType=1` },
    userInfo: { caption, subcaption: '', 'image-title': '' },
    layoutClass: 'MSMessageTemplateLayout',
    sessionIdentifier: session,
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
  return plist({ an: 'Polls', ldtext: 'Poll', URL: { URL: `data:,${data}?src=p&c=4` } });
}

function optionId(index: number): string {
  return `0000000${index}-0000-4000-8000-000000000000`;
}
