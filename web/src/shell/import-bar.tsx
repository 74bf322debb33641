import type { Status } from '../data/types.ts';
import { count, percent, span } from '../parts/format.ts';

export type Progress = NonNullable<Status['import']>;

export const STAGES: Record<string, string> = {
  people: 'Reading people',
  scan: 'Looking over the messages',
  messages: 'Taking over messages',
  attachments: 'Taking over attachments',
  indexes: 'Building indexes',
  check: 'Checking',
  compare: 'Comparing',
  merge: 'Merging',
};

export const shareOf = ({ done, total }: Progress) => (total === 0 ? 0 : Math.min(1, done / total));

/** A later import, while everything else can be used. */
export function ImportBar({ progress }: { progress: Progress }) {
  const share = shareOf(progress);
  return (
    <div className="import-bar" role="status">
      <span>{STAGES[progress.stage] ?? 'Importing'}</span>
      <progress value={share} max={1} aria-label="Import" />
      <span className="faint">
        {percent(share)}
        {progress.rate !== null && `, ${count(Math.round(progress.rate))} rows a second`}
        {progress.msLeft !== null && `, ${span(progress.msLeft)} left`}
      </span>
    </div>
  );
}
