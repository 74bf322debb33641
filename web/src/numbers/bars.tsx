import { hueStyle } from '../parts/avatar.tsx';
import { count, percent } from '../parts/format.ts';

type Bar = { name: string; value: number; seed?: number; note?: string | null };

/** Amounts beside each other, longest first as they come. */
export function Bars({ items }: { items: readonly Bar[] }) {
  const most = Math.max(1, ...items.map(({ value }) => value));
  if (items.length === 0) return <p className="faint">None</p>;
  return (
    <ul className="bars">
      {items.map(({ name, value, seed, note }) => (
        <li key={`${name} ${seed ?? ''}`} className="bar hued" style={seed === undefined ? undefined : hueStyle(seed)}>
          <span className="bar-name">
            {name}
            {note !== undefined && note !== null && <span className="bar-note">{note}</span>}
          </span>
          <span className="bar-value">{count(value)}</span>
          <span className="bar-line" style={{ width: `${(value / most) * 100}%` }} />
        </li>
      ))}
    </ul>
  );
}

type Bin = { upto: number | null; count: number };
type Props = {
  series: readonly { name: string; bins: readonly Bin[] }[];
  label: (upto: number) => string;
  unit?: string;
};

/** How often something took how long or was how much; each series as shares of its own, so that they compare. */
export function Histogram({ series, label, unit = '' }: Props) {
  const [first] = series;
  if (first === undefined || series.every(({ bins }) => total(bins) === 0)) return <p className="faint">None</p>;
  const shares = series.map(({ bins }) => bins.map((bin) => bin.count / Math.max(1, total(bins))));
  const most = Math.max(...shares.flat());
  const names = first.bins.map(({ upto }, at) => {
    const before = first.bins[at - 1]?.upto ?? null;
    if (upto !== null) return `up to ${label(upto)}`;
    return before === null ? 'any' : `over ${label(before)}`;
  });
  return (
    <figure className="histogram">
      {series.length > 1 && (
        <figcaption className="legend">
          {series.map(({ name }, at) => (
            <span key={name} className={`legend-${at}`}>
              {name}
            </span>
          ))}
        </figcaption>
      )}
      <ol className="bins">
        {names.map((name, at) => (
          <li key={name} title={describe(name)}>
            <span className="bin-bars" aria-hidden="true">
              {shares.map((bins, of) => (
                <span
                  key={series[of]?.name}
                  className={`bin bin-${of}`}
                  style={{ height: `${((bins[at] ?? 0) / most) * 100}%` }}
                />
              ))}
            </span>
            <span className="bin-name">{name.replace(/^up to /, '≤ ').replace(/^over /, '> ')}</span>
            <span className="sr-only">
              {series
                .map(
                  ({ name, bins }) =>
                    `${name}: ${bins[at]?.count ?? 0}, ${percent((bins[at]?.count ?? 0) / Math.max(1, total(bins)))}`,
                )
                .join('; ')}
            </span>
          </li>
        ))}
      </ol>
      {unit !== '' && <p className="bin-unit faint">{unit}</p>}
    </figure>
  );

  function describe(name: string): string {
    const at = names.indexOf(name);
    return `${name}: ${series.map(({ name: of, bins }) => `${of} ${count(bins[at]?.count ?? 0)}`).join(', ')}`;
  }
}

const total = (bins: readonly Bin[]) => bins.reduce((sum, bin) => sum + bin.count, 0);
