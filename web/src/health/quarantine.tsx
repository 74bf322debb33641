import { useState } from 'react';
import { asApiError, order } from '../data/client.ts';
import { usePages } from '../data/use-pages.ts';
import { count, plural } from '../parts/format.ts';
import { More } from '../parts/states.tsx';

type Sum = { reason: string; state: string; rows: number };
type Row = { id: number; reason: string; state: string; rowid: number };

/** What was set aside, by its reason; each row can be tried again. */
export function Quarantine({ rows }: { rows: readonly Sum[] }) {
  const [isOpen, setOpen] = useState(false);
  const waiting = rows.filter(({ state }) => state === 'quarantined' || state === 'held');
  const total = waiting.reduce((sum, row) => sum + row.rows, 0);
  return (
    <section className="card-box">
      <h2>Set aside</h2>
      {total === 0 ? (
        <p className="faint">Nothing: every row of Messages has found its place.</p>
      ) : (
        <>
          <dl className="fact-list">
            {waiting.map(({ reason, state, rows }) => (
              <div key={`${reason} ${state}`}>
                <dt>{reason.replaceAll('_', ' ')}</dt>
                <dd>
                  {count(rows)} {state}
                </dd>
              </div>
            ))}
          </dl>
          <button type="button" className="button" aria-expanded={isOpen} onClick={() => setOpen((before) => !before)}>
            {isOpen ? 'Hide the rows' : `Show ${plural(total, 'row')}`}
          </button>
          {isOpen && <Rows />}
        </>
      )}
    </section>
  );
}

function Rows() {
  const { items, hasMore, more, reload } = usePages<Row>('quarantine', { limit: 50 });
  const [said, setSaid] = useState('');
  const retry = (id: number) => {
    order<{ resolved: number }>(`quarantine/${id}/retry`).then(
      ({ resolved }) => {
        setSaid(resolved > 0 ? 'It has found its place.' : 'It still cannot be placed.');
        reload();
      },
      (error: unknown) => setSaid(asApiError(error).message),
    );
  };
  return (
    <>
      <p role="status">{said}</p>
      <ul className="set-aside">
        {items.map(({ id, reason, state, rowid }) => (
          <li key={id}>
            <span>
              Row {count(rowid)}, {reason.replaceAll('_', ' ')}, {state}
            </span>
            <button type="button" className="link-button" onClick={() => retry(id)}>
              Try again
            </button>
          </li>
        ))}
      </ul>
      {hasMore && <More onMore={more} />}
    </>
  );
}
