import { useState } from 'react';
import { asApiError, order } from '../data/client.ts';
import type { AnalysisStatus } from '../data/types.ts';
import { count, plural, when } from '../parts/format.ts';
import { useNowBy } from '../parts/now.ts';

type Plan = AnalysisStatus['plans'][number];
type Planned = { forecast: { conversations: number; runs: number; texts: number } };

const STATES: Record<Plan['state'], string> = {
  planning: 'being planned',
  running: 'going on',
  completed: 'done',
  cancelled: 'cancelled',
};
const SHOWN = 5;

/** Analyses of what was said before: how far they are, and the way to begin one, which says first what it would be. */
export function Plans({ plans, isOn, onChange }: { plans: readonly Plan[]; isOn: boolean; onChange: () => void }) {
  const [forecast, setForecast] = useState<Planned['forecast'] | null>(null);
  const [said, setSaid] = useState('');
  const isRunning = plans.some(({ state }) => state === 'planning' || state === 'running');
  const ask = async (path: string, body: unknown, after: (answer: Planned) => void) => {
    try {
      after(await order<Planned>(path, body));
    } catch (error) {
      setSaid(asApiError(error).message);
    }
    onChange();
  };
  const look = () =>
    ask('analysis/run', { dryRun: true }, ({ forecast: found }) => {
      setForecast(found.runs === 0 ? null : found);
      setSaid(found.runs === 0 ? 'Everything that was said before has its results.' : '');
    });
  const begin = () => ask('analysis/run', {}, () => setForecast(null));
  const cancel = () => ask('analysis/cancel', {}, () => setSaid('It was cancelled; what is done stays.'));
  return (
    <section className="card-box" aria-label="What was said before">
      <h2>What was said before</h2>
      <ul className="plans">
        {plans.slice(0, SHOWN).map((plan) => (
          <li key={plan.id}>
            <PlanLine plan={plan} />
          </li>
        ))}
      </ul>
      {plans.length === 0 && <p className="faint">Conversations of before are analysed when you ask for it.</p>}
      <p role="status">
        {said}
        {forecast !== null &&
          `${plural(forecast.conversations, 'conversation')}, ${plural(forecast.runs, 'job')}: live messages go first.`}
      </p>
      <p className="job-actions">
        {isRunning && (
          <button type="button" className="button" onClick={() => void cancel()}>
            Cancel
          </button>
        )}
        {isOn && !isRunning && forecast === null && (
          <button type="button" className="button" onClick={() => void look()}>
            Analyse what was said before…
          </button>
        )}
        {forecast !== null && (
          <>
            <button type="button" className="button button-main" onClick={() => void begin()}>
              Begin
            </button>
            <button type="button" className="button" onClick={() => setForecast(null)}>
              Not now
            </button>
          </>
        )}
      </p>
    </section>
  );
}

function PlanLine({ plan: { id, state, passes, total, done, failed, createdAt, finishedAt } }: { plan: Plan }) {
  const nowMs = useNowBy(60_000);
  const name = passes.map((pass) => pass.name).join(', ');
  return (
    <div className="plan">
      <p>
        <b>{name}</b>, {STATES[state]}: {count(done)} of {count(total)}
        {failed > 0 && `, ${count(failed)} failed`}
        <span className="plan-when">{when(Date.parse(finishedAt ?? createdAt), nowMs)}</span>
      </p>
      {state === 'running' && <progress aria-label={`Analysis ${id}`} value={done + failed} max={Math.max(1, total)} />}
    </div>
  );
}
