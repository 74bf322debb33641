import type { ApiError } from '../data/client.ts';
import type { Status } from '../data/types.ts';
import { useStreamState } from '../live/page-stream.ts';
import { Icon, type IconName } from '../parts/icons.tsx';
import { href, type Route, type View } from './route.ts';
import { type Theme, useTheme } from './theme.ts';

const ITEMS: readonly { view: View; label: string; icon: IconName }[] = [
  { view: 'chats', label: 'Chats', icon: 'chats' },
  { view: 'search', label: 'Search', icon: 'search' },
  { view: 'people', label: 'People', icon: 'people' },
  { view: 'numbers', label: 'Numbers', icon: 'numbers' },
  { view: 'activity', label: 'Activity', icon: 'activity' },
  { view: 'queue', label: 'Queue', icon: 'queue' },
  { view: 'health', label: 'Health', icon: 'health' },
];

/** The views, whether the page is live, and the theme: a column at the side, a bar below on a narrow screen. */
export function Rail({ route, status, error }: { route: Route; status: Status | null; error: ApiError | null }) {
  return (
    <nav className="rail" aria-label="Views">
      <a className="mark" href={href('chats')}>
        <span className="sr-only">ChatStats</span>
        <svg width="30" height="30" viewBox="0 0 32 32" fill="none" aria-hidden="true">
          <path
            d="M7 6v9M7 22v4M14 6v3M14 16v10M21 6v12M21 25v1M28 6v5M28 18v8"
            strokeWidth="3"
            strokeLinecap="round"
          />
        </svg>
      </a>
      <ul className="rail-items">
        {ITEMS.map(({ view, label, icon }) => (
          <li key={view}>
            <a className="rail-item" href={href(view)} aria-current={route.view === view ? 'page' : undefined}>
              <Icon name={icon} />
              <span>{label}</span>
              {view === 'health' && (status?.problems.length ?? 0) > 0 && (
                <span className="rail-dot">
                  <span className="sr-only">, something needs a look</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
      <div className="rail-foot">
        <Pulse status={status} error={error} />
        <ThemeButton />
      </div>
    </nav>
  );
}

const STATE_WORDS: Record<string, string> = {
  live: 'Live',
  'catching-up': 'Catching up',
  importing: 'Importing',
  reconciling: 'Comparing',
  starting: 'Starting',
  restarting: 'Restarting',
  'source-missing': 'No source',
  idle: 'Idle',
  stopped: 'Stopped',
};

/** Whether what is shown is what is: the connection first, then the program behind it. */
function Pulse({ status, error }: { status: Status | null; error: ApiError | null }) {
  const stream = useStreamState();
  const isLost = stream === 'lost' || error !== null;
  const state = isLost ? 'lost' : (status?.state ?? 'starting');
  const word = isLost ? 'Reconnecting' : (STATE_WORDS[state] ?? state);
  return (
    <p className={`pulse pulse-${state}`} role="status">
      <span className="pulse-dot" aria-hidden="true" />
      <span>{word}</span>
    </p>
  );
}

const THEMES: Record<Theme, { icon: IconName; label: string }> = {
  system: { icon: 'half', label: 'Theme: as the system' },
  light: { icon: 'sun', label: 'Theme: light' },
  dark: { icon: 'moon', label: 'Theme: dark' },
};

function ThemeButton() {
  const [theme, turn] = useTheme();
  const { icon, label } = THEMES[theme];
  return (
    <button type="button" className="icon-button" onClick={turn} aria-label={`${label}. Change`} title={label}>
      <Icon name={icon} />
    </button>
  );
}
