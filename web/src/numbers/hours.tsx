import type { Stats } from '../data/types.ts';
import { count } from '../parts/format.ts';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const LEVELS = 6;

/** Every hour of the week, darker where more is written. A table, so that it can be read without seeing. */
export function Hours({ hours }: { hours: Stats['weekdayHours'] }) {
  const levels = levelsOf(hours.flat());
  return (
    <div className="hours-box">
      <table className="hours">
        <caption className="sr-only">Messages by weekday and hour</caption>
        <thead>
          <tr>
            <td />
            {Array.from({ length: 24 }, (_, hour) => hour).map((hour) => (
              <th key={hour} scope="col">
                <span className={hour % 3 === 0 ? undefined : 'sr-only'}>{hour}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {WEEKDAYS.map((weekday, day) => (
            <tr key={weekday}>
              <th scope="row">{weekday}</th>
              {(hours[day] ?? []).map((messages, hour) => (
                <td
                  // biome-ignore lint/suspicious/noArrayIndexKey: the place of a cell is its hour.
                  key={hour}
                  className={`hour level-${levelOf(messages, levels)}`}
                  title={`${weekday} ${hour}:00, ${count(messages)}`}
                >
                  <span className="sr-only">{messages}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/**
 * By rank among the hours in which anything was written, so that a week without sharp peaks still shows its shape. The
 * levels begin at these amounts.
 */
function levelsOf(hours: readonly number[]): number[] {
  const some = hours.filter((messages) => messages > 0).sort((a, b) => a - b);
  return Array.from({ length: LEVELS }, (_, level) => some[Math.floor((level / LEVELS) * some.length)] ?? 1);
}

function levelOf(messages: number, levels: readonly number[]): number {
  return messages === 0 ? 0 : levels.filter((from) => messages >= from).length;
}
