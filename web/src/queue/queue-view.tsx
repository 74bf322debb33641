import { useEffect } from 'react';
import { useStatus } from '../data/status.ts';
import type { AnalysisStatus } from '../data/types.ts';
import { useAnswer } from '../data/use-answer.ts';
import { clockTime, count, plural } from '../parts/format.ts';
import { Failed, Loading } from '../parts/states.tsx';
import { FailedJobs, OpenJobs } from './jobs.tsx';
import { Passes } from './passes.tsx';
import { Plans } from './plans.tsx';
import { RedisCard } from './redis-card.tsx';
import { useFresh } from './use-fresh.ts';

/** What is to be analysed, what goes on, and what has failed for good; live, by the one connection of the page. */
export function QueueView() {
  const { value, error, isLoading, reload } = useAnswer<AnalysisStatus>('analysis');
  const { value: status } = useStatus();
  useFresh(reload, isLoading);
  useEndOf(value?.pausedUntil ?? null, reload);
  return (
    <div className="page scroll">
      <div className="page-column page-wide">
        <h1 className="page-title">Queue</h1>
        {value === null && error !== null && <Failed error={error} onRetry={reload} />}
        {value === null && error === null && <Loading what="the queue" />}
        {value !== null && (
          <>
            <State analysis={value} />
            <Figures analysis={value} />
            <div className="queue-lists">
              <OpenJobs pausedUntil={value.pausedUntil} />
              <FailedJobs />
            </div>
            <Plans plans={value.plans} isOn={value.isOn} onChange={reload} />
            <div className="cards">
              <Passes analysis={value} />
              {status?.redis != null && <RedisCard redis={status.redis} />}
            </div>
          </>
        )}
      </div>
    </div>
  );
}

/** The longest wait that a timer knows, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;
/** The program ends a pause at its next look. */
const SOON_MS = 1_500;

/** No event tells that a pause is over, where there was nothing to do meanwhile. */
function useEndOf(pausedUntil: string | null, reload: () => void): void {
  useEffect(() => {
    if (pausedUntil === null) return;
    const timer = setTimeout(reload, Math.min(LONGEST_MS, Math.max(0, Date.parse(pausedUntil) - Date.now()) + SOON_MS));
    return () => clearTimeout(timer);
  }, [pausedUntil, reload]);
}

function State({ analysis: { isOn, pausedUntil, passes } }: { analysis: AnalysisStatus }) {
  const isPaused = isOn && pausedUntil !== null;
  const words = !isOn
    ? 'Nothing is analysed at this moment.'
    : isPaused
      ? `Paused until ${clockTime(Date.parse(pausedUntil))} at most, because another program analyses in bulk. Messages are followed as ever.`
      : `Conversations are looked at by ${plural(passes.length, 'pass', 'passes')}.`;
  return (
    <p className={`page-lead queue-state${isPaused ? ' is-paused' : ''}`} role="status">
      {isPaused && <span className="chip chip-active">Paused</span>} {words}
    </p>
  );
}

function Figures({ analysis: { counts, jobs } }: { analysis: AnalysisStatus }) {
  const sum = (field: 'open' | 'failed' | 'stale' | 'results') =>
    counts.reduce((total, pass) => total + pass[field], 0);
  const figures = [
    ['Running', jobs.started],
    ['Waiting', jobs.queued],
    ['To be queued', sum('open')],
    ['Failed', sum('failed')],
    ['Results', sum('results')],
    ['Out of date', sum('stale')],
  ] as const;
  return (
    <dl className="queue-figures" aria-label="How it stands">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{count(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
