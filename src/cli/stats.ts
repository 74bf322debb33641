import { EXIT, type ExitCode } from '../kernel/index.ts';
import { type StoreStats, storeStats } from '../store/index.ts';
import { barChart, columnChart, heatMap, timeline } from './charts.ts';
import { type Invocation, print, printJson } from './invocation.ts';
import { withStore } from './store-access.ts';
import { grouped, pairs, shown, terminalOf } from './terminal.ts';

const CHART_LINES = 5;
const WIDEST_COLUMN = 4;

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { config, world } = invocation;
  const stats = await withStore(config.db, (db) => storeStats(db, { limit: config.limit, timeZone: world.timeZone }));
  if (config.json) printJson(invocation, stats);
  else print(invocation, statsLines(invocation, stats));
  return EXIT.done;
}

/** The numbers of a store for people: counts, then what `chartLines` draws. */
function statsLines({ world }: Pick<Invocation, 'world'>, stats: StoreStats): string[] {
  const { style } = terminalOf(world.stdout, world);
  const { quarantined, ...counts } = stats.counts;
  const rows: [string, number][] = Object.entries(counts);
  if (quarantined > 0) rows.push(['set aside', quarantined]);
  return [style('bold', 'In the store'), ...pairs(rows), ...chartLines({ world }, stats)];
}

/** Days, hours, and who talks most, drawn. */
export function chartLines({ world }: Pick<Invocation, 'world'>, stats: StoreStats): string[] {
  const terminal = terminalOf(world.stdout, world);
  const title = (text: string) => ['', terminal.style('bold', text)];
  return [
    ...dayLines(stats, terminal.columns, title),
    ...hourLines(stats, title),
    ...rankingLines('Chats with most messages', stats.topChats.map(chatBar), terminal.columns, title),
    ...rankingLines('People who wrote most', stats.topSenders.map(senderBar), terminal.columns, title),
  ];
}

type Title = (text: string) => string[];

function dayLines({ byDay }: StoreStats, columns: number, title: Title): string[] {
  const room = columns - 14;
  const drawn = timeline(byDay, room);
  if (drawn === null) return [];
  const { unit, first, last, values } = drawn;
  const width = Math.min(WIDEST_COLUMN, Math.floor(room / values.length));
  const margin = ' '.repeat(3 + grouped(Math.max(1, ...values)).length);
  const gap = ' '.repeat(Math.max(1, values.length * width - first.length - last.length));
  const scale = first === last ? first : `${first}${gap}${last}`;
  return [...title(`Messages by ${unit}`), ...columnChart(values, CHART_LINES, width), `${margin}${scale}`];
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function hourLines({ byWeekdayHour }: StoreStats, title: Title): string[] {
  if (byWeekdayHour.every((hours) => hours.every((count) => count === 0))) return [];
  const scale = ['00', '06', '12', '18'].map((hour) => hour.padEnd(12)).join('');
  return [
    ...title('Messages by weekday and hour'),
    ...heatMap(byWeekdayHour, 2).map((row, day) => `  ${WEEKDAYS[day] ?? ''}  ${row}`.trimEnd()),
    `       ${scale}`.trimEnd(),
  ];
}

function rankingLines(name: string, bars: { label: string; value: number }[], columns: number, title: Title): string[] {
  return bars.length === 0 ? [] : [...title(name), ...barChart(bars, columns)];
}

function chatBar({ name, identifier, messages }: StoreStats['topChats'][number]) {
  return { label: shown(name ?? identifier), value: messages };
}

/** A person without a card has no name here; their number is that of `export contacts`. */
function senderBar({ name, contactId, isMe, messages }: StoreStats['topSenders'][number]) {
  const label = name ?? `contact ${contactId}`;
  return { label: isMe ? `${shown(label)} (you)` : shown(label), value: messages };
}
