import { useState } from 'react';
import type { TimelineMessage } from '../data/types.ts';
import { bytes } from '../parts/format.ts';
import { Icon } from '../parts/icons.tsx';
import { isImage } from './rows.ts';

type Attachment = TimelineMessage['attachments'][number];

/** What came with a message: pictures as such, everything else by name and size, and what is missing as missing. */
export function Attachments({ attachments }: { attachments: readonly Attachment[] }) {
  if (attachments.length === 0) return null;
  return (
    <ul className="attachments">
      {attachments.map((attachment) => (
        <li key={attachment.guid}>
          <One attachment={attachment} />
        </li>
      ))}
    </ul>
  );
}

function One({ attachment }: { attachment: Attachment }) {
  const [isBroken, setBroken] = useState(false);
  const { url, mimeType, name, isSticker } = attachment;
  if (url === null || isBroken || !isImage(mimeType)) return <File attachment={attachment} isBroken={isBroken} />;
  return (
    <a className={`picture${isSticker ? ' is-sticker' : ''}`} href={url} target="_blank" rel="noopener noreferrer">
      <img
        src={url}
        alt={name ?? 'Picture without a name'}
        loading="lazy"
        decoding="async"
        onError={() => setBroken(true)}
      />
    </a>
  );
}

const ABSENT = { missing: 'The file is not on this machine', pending: 'Not downloaded yet', present: null } as const;

function File({ attachment, isBroken }: { attachment: Attachment; isBroken: boolean }) {
  const { name, mimeType, state, url } = attachment;
  const size = attachment.bytes === null || attachment.bytes === 0 ? null : bytes(attachment.bytes);
  const about = [mimeType, size, isBroken ? 'Cannot be shown here' : ABSENT[state]]
    .filter((part) => part !== null)
    .join(' · ');
  const inside = (
    <>
      <Icon name="file" />
      <span className="file-words">
        <span className="file-name">{name ?? 'Attachment without a name'}</span>
        <span className="file-about">{about}</span>
      </span>
    </>
  );
  if (url === null || state !== 'present') return <span className={`file is-${state}`}>{inside}</span>;
  return (
    <a className="file" href={url} target="_blank" rel="noopener noreferrer">
      {inside}
    </a>
  );
}
