import { useId, useState } from 'react';
import type { TimelineMessage } from '../data/types.ts';
import { clockTimeWithSeconds, date, msOf } from '../parts/format.ts';

/** "Edited", and every version when it is asked for. */
export function Edits({ edits }: { edits: TimelineMessage['edits'] }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  if (edits.length === 0) return <span>Edited</span>;
  return (
    <>
      <button
        type="button"
        className="link-button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen((before) => !before)}
      >
        Edited{edits.length > 2 ? ` ${edits.length - 1} times` : ''}
      </button>
      {isOpen && (
        <span id={id} className="versions">
          {edits.map(({ at, text }, index) => {
            const ms = msOf(at);
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: versions are only ever added behind the last.
              <span key={index} className="version">
                <span className="version-at">
                  {ms === null ? 'Before' : `${date(ms)}, ${clockTimeWithSeconds(ms)}`}
                </span>
                <span>{text ?? 'without text'}</span>
              </span>
            );
          })}
        </span>
      )}
    </>
  );
}
