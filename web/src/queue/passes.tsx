import type { AnalysisStatus } from '../data/types.ts';
import { count } from '../parts/format.ts';

const KINDS = { live: 'live', batch: 'when it is over' } as const;

/** How it stands with each pass, and what was used today where that costs something. */
export function Passes({ analysis: { passes, counts, usage } }: { analysis: AnalysisStatus }) {
  const today = new Date().toISOString().slice(0, 10);
  const used = usage.filter(({ day, tokens }) => day === today && tokens > 0);
  return (
    <section className="card-box">
      <h2>Passes</h2>
      {counts.length === 0 && <p className="faint">No conversation was looked at yet.</p>}
      {counts.length > 0 && (
        <div className="table-scroll">
          <table className="found-people">
            <thead>
              <tr>
                <th scope="col">Pass</th>
                <th scope="col">Results</th>
                <th scope="col">Out of date</th>
                <th scope="col">Failed</th>
              </tr>
            </thead>
            <tbody>
              {counts.map(({ pass, kind, results, stale, failed }) => (
                <tr key={`${pass} ${kind}`}>
                  <th scope="row">
                    {pass}, {KINDS[kind]}
                    {!passes.some(({ name }) => name === pass) && ' (off)'}
                  </th>
                  <td>{count(results)}</td>
                  <td>{count(stale)}</td>
                  <td>{count(failed)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {used.map(({ pass, tokens }) => (
        <p key={pass} className="faint">
          {pass} has used {count(tokens)} tokens today.
        </p>
      ))}
    </section>
  );
}
