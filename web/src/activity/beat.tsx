import { useEffect, useRef, useState } from 'react';
import { useEvents } from '../live/page-stream.ts';
import { plural } from '../parts/format.ts';
import { useNow } from '../parts/now.ts';

const SECONDS = 60;

/** How many events came in each of the last sixty seconds: the pulse of the machine. */
export function Beat() {
  const nowMs = useNow();
  const [bars, setBars] = useState<number[]>(() => new Array<number>(SECONDS).fill(0));
  const current = useRef(0);
  useEvents(() => {
    current.current += 1;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a bar is finished whenever a second is.
  useEffect(() => {
    const finished = current.current;
    current.current = 0;
    setBars((before) => [...before.slice(1), finished]);
  }, [nowMs]);
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
