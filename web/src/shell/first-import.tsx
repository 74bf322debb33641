import type { Status } from '../data/types.ts';
import { compact, count, percent, span } from '../parts/format.ts';
import { STAGES, shareOf } from './import-bar.tsx';

/** The stages of a first import, in their order, as a person would name them. */
const STEPS = ['people', 'scan', 'messages', 'attachments', 'indexes', 'check'] as const;

/** What is shown while there is nothing else: how far the first import is. */
export function FirstImport({ status }: { status: Status }) {
  const { import: progress, problems } = status;
  const problem = problems.at(-1);
  return (
    <main className="first" aria-labelledby="first-title">
      <div className="first-card">
        <svg className="first-mark" width="56" height="44" viewBox="0 0 32 32" fill="none" aria-hidden="true">
          <path
            d="M7 6v9M7 22v4M14 6v3M14 16v10M21 6v12M21 25v1M28 6v5M28 18v8"
            strokeWidth="3"
            strokeLinecap="round"
          />
        </svg>
        <h1 id="first-title">Reading your messages</h1>
        <p className="first-lead">
          ChatStats copies your history into a database of your own, once. Nothing leaves this machine, and Messages is
          only read.
        </p>
        {progress === null ? (
          <p className="first-wait" role="status">
            {status.state === 'source-missing' ? 'Waiting for a Messages database.' : 'Getting ready…'}
          </p>
        ) : (
          <Progress progress={progress} />
        )}
        {problem !== undefined && (
          <p className="note note-bad" role="alert">
            {problem.text}
          </p>
        )}
      </div>
    </main>
  );
}

function Progress({ progress }: { progress: NonNullable<Status['import']> }) {
  const share = shareOf(progress);
  const at = STEPS.indexOf(progress.stage as (typeof STEPS)[number]);
  return (
    <>
      <div className="first-figure">
        <span className="figure">{percent(share)}</span>
        <span className="first-stage" role="status">
          {STAGES[progress.stage] ?? 'Importing'}
        </span>
      </div>
      <progress className="first-bar" value={share} max={1} aria-label="First import" />
      <dl className="facts">
        <div>
          <dt>Rows of this step</dt>
          <dd>{progress.total === 0 ? '…' : `${compact(progress.done)} of ${compact(progress.total)}`}</dd>
        </div>
        <div>
          <dt>Rate</dt>
          <dd>{progress.rate === null ? '…' : `${count(Math.round(progress.rate))} a second`}</dd>
        </div>
        <div>
          <dt>Time left in it</dt>
          <dd>{progress.msLeft === null ? '…' : span(progress.msLeft)}</dd>
        </div>
      </dl>
      <ol className="first-steps">
        {STEPS.map((step, index) => (
          <li key={step} className={index < at ? 'is-done' : index === at ? 'is-now' : ''}>
            {STAGES[step]}
          </li>
        ))}
      </ol>
    </>
  );
}
