import { plural, SECOND_MS } from '../parts/format.ts';
import { useNow } from '../parts/now.ts';

const SECONDS = 60;

/** How many events came in each of the last sixty seconds: the pulse of the machine. `times`: when, in any order. */
export function Beat({ times }: { times: readonly number[] }) {
  const nowMs = useNow();
  const bars = new Array<number>(SECONDS).fill(0);
  for (const time of times) {
    const at = SECONDS - 1 - Math.max(0, Math.floor((nowMs - time) / SECOND_MS));
    if (at >= 0) bars[at] = (bars[at] ?? 0) + 1;
  }
  const most = Math.max(4, ...bars);
  const total = bars.reduce((sum, bar) => sum + bar, 0);
  return (
    <figure className="beat">
      <svg viewBox={`0 0 ${SECONDS * 10} 60`} preserveAspectRatio="none" aria-hidden="true">
        {bars.map((bar, at) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the place of a bar is its second.
            key={at}
            x={at * 10 + 2}
            y={58 - (bar / most) * 56}
            width={6}
            height={Math.max(2, (bar / most) * 56)}
            rx={2}
          />
        ))}
      </svg>
      <figcaption className="faint">{plural(total, 'event')} in the last minute</figcaption>
    </figure>
  );
}
