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

/** About how much of the time of a first import each stage takes, in their order. */
const WEIGHTS: Record<string, number> = { people: 2, scan: 8, messages: 58, attachments: 8, indexes: 20, check: 4 };

/** How far an import is as a whole; a later one, whose stages are others, how far its stage is. */
export function shareOf({ stage, done, total }: Progress): number {
  const ofStage = total === 0 ? 0 : Math.min(1, done / total);
  const weight = WEIGHTS[stage];
  if (weight === undefined) return ofStage;
  const stages = Object.keys(WEIGHTS);
  const before = stages.slice(0, stages.indexOf(stage)).reduce((sum, name) => sum + (WEIGHTS[name] ?? 0), 0);
  return (before + weight * ofStage) / 100;
}

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
