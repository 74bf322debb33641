import type { Diagnosis } from '../data/types.ts';
import { useAnswer } from '../data/use-answer.ts';
import { Icon, type IconName } from '../parts/icons.tsx';
import { Failed, Loading } from '../parts/states.tsx';

type Check = Diagnosis['checks'][number];

/** One that could not be made has a sign of its own. */
const SIGNS: Record<Check['state'], { icon: IconName; word: string }> = {
  failed: { icon: 'warn', word: 'Failed:' },
  warning: { icon: 'warn', word: 'Warning:' },
  ok: { icon: 'check', word: 'In order:' },
  skipped: { icon: 'none', word: 'Not looked at:' },
};
/** What is wrong comes first. */
const ORDER = Object.keys(SIGNS);

/** What is wrong and what to do about it, as the command `doctor` says it. */
export function Doctor() {
  const { value, error, isLoading, reload } = useAnswer<Diagnosis>('doctor');
  if (value === null && error !== null) return <Failed error={error} onRetry={reload} />;
  if (value === null) return isLoading ? <Loading what="the checks" lines={3} /> : null;
  const verdict = verdictOf(value.checks);
  const checks = [...value.checks].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return (
    <section className={`doctor is-${verdict.state}`} aria-labelledby="doctor-title">
      <header className="page-head">
        <h2 id="doctor-title">{verdict.words}</h2>
        <button type="button" className="button" disabled={isLoading} onClick={reload}>
          Check again
        </button>
      </header>
      <ul className="checks">
        {checks.map(({ id, title, state, found, remedy }) => (
          <li key={id} className={`check is-${state}`}>
            <Icon name={SIGNS[state].icon} size={18} />
            <span className="sr-only">{SIGNS[state].word}</span>
            <span>
              <strong>{title}:</strong> {found}
              {remedy !== null && <span className="check-hint">{remedy}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function verdictOf(checks: readonly Check[]): { state: Check['state']; words: string } {
  const states = new Set(checks.map(({ state }) => state));
  if (states.has('failed')) return { state: 'failed', words: 'Something is wrong' };
  if (states.has('warning')) return { state: 'warning', words: 'Something could be better' };
  return { state: 'ok', words: 'All is well' };
}
