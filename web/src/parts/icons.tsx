import type { ReactElement } from 'react';

/** Drawn here, 20 by 20, one line weight; they take the colour of the text and say nothing to a reader of the screen. */
const PATHS = {
  chats: 'M3.5 5.5h9v6h-5l-3 2.5v-2.5h-1zM8 14.5h4.5l3 2.5v-2.5h1v-6h-1.5',
  search: 'M8.8 14.1a5.3 5.3 0 1 0 0-10.6 5.3 5.3 0 0 0 0 10.6zM12.6 12.6l4 4',
  people:
    'M7.5 9.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM2.5 16c.4-2.6 2.3-4 5-4s4.6 1.4 5 4M13 4.3a2.7 2.7 0 0 1 0 5M14.5 12.3c1.7.5 2.7 1.8 3 3.7',
  numbers: 'M3.5 16.5h13M5.5 13.5v-4M9 13.5v-9M12.5 13.5v-6M16 13.5v-2.5',
  activity: 'M2.5 10.5h3l2.2-6 3.6 11 2.3-7 1.3 2h2.6',
  queue: 'M3.5 4.5h9M3.5 8.5h9M3.5 12.5h5M11.5 12l5 3-5 3z',
  health:
    'M10 16.5s-6.5-3.6-6.5-8.2A3.6 3.6 0 0 1 10 6.1a3.6 3.6 0 0 1 6.5 2.2c0 4.6-6.5 8.2-6.5 8.2zM6.5 10h2l1-2 1.5 3.5 1-1.5h1.5',
  back: 'M12.5 4 6.5 10l6 6',
  down: 'M10 4v11M5 10.5l5 5 5-5',
  sun: 'M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2.5v1.7M10 15.8v1.7M2.5 10h1.7M15.8 10h1.7M4.7 4.7l1.2 1.2M14.1 14.1l1.2 1.2M15.3 4.7l-1.2 1.2M5.9 14.1l-1.2 1.2',
  moon: 'M16.5 11.7A6.7 6.7 0 0 1 8.3 3.5a6.7 6.7 0 1 0 8.2 8.2z',
  half: 'M10 16.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM10 3.5v13M10 7l4.5-1M10 10h6.5M10 13l4.5 1',
  file: 'M5 2.5h6.5L15.5 6.5v11H5zM11.5 2.5v4h4',
  reply: 'M8 5 3.5 9.5 8 14M3.5 9.5h8a5 5 0 0 1 5 5v1',
  close: 'M5 5l10 10M15 5 5 15',
  check: 'M4 10.5l4 4 8-9',
  none: 'M5 10h10',
  warn: 'M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14v.5',
  outline: 'M4 5h12M4 10h8M4 15h10',
  seal: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM7 10.2l2.2 2.2L13.2 8',
  link: 'M8.5 11.5a3 3 0 0 0 4.2 0l2.5-2.5a3 3 0 0 0-4.2-4.2l-1 1M11.5 8.5a3 3 0 0 0-4.2 0L4.8 11a3 3 0 0 0 4.2 4.2l1-1',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
