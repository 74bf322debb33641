import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Stats } from '../data/types.ts';
import { count, DAY_MS, date, LOCALE } from '../parts/format.ts';
import { useColours } from './use-colours.ts';

const HEIGHT_PX = 240;
const SMOOTH_DAYS = 28;
const HALF_DAY_S = 43_200;
const DAY_S = 2 * HALF_DAY_S;

/** Messages of each day, and the average of four weeks through them. A drag looks closer, a double click looks back. */
export function DaysChart({ days }: { days: Stats['days'] }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const colours = useColours();
  const data = useMemo(() => everyDay(days), [days]);
  const latest = useRef(data);
  useEffect(() => {
    latest.current = data;
    chart.current?.setData(data);
  }, [data]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const plot = new uPlot(optionsOf(element.clientWidth, colours), latest.current, element);
    chart.current = plot;
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, [colours]);
  const most = days.reduce((best, day) => (day.messages > best.messages ? day : best), { day: '', messages: 0 });
  const about =
    days.length === 0
      ? 'No messages'
      : `Messages on ${count(days.length)} days; most, ${count(most.messages)}, on ${date(Date.parse(most.day))}`;
  return <div ref={place} className="days-chart" role="img" aria-label={about} />;
}

/** Days without messages count too: the axis is time. Seconds, since uPlot counts in those. */
function everyDay(days: Stats['days']): uPlot.AlignedData {
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return [[], [], []];
  const known = new Map(days.map(({ day, messages }) => [Date.parse(day), messages]));
  const at: number[] = [];
  const messages: number[] = [];
  for (let ms = Date.parse(first.day); ms <= Date.parse(last.day); ms += DAY_MS) {
    at.push(ms / 1_000);
    messages.push(known.get(ms) ?? 0);
  }
  return [at, messages, smoothed(messages)];
}

function smoothed(values: readonly number[]): (number | null)[] {
  let sum = 0;
  return values.map((value, at) => {
    sum += value - (at >= SMOOTH_DAYS ? (values[at - SMOOTH_DAYS] ?? 0) : 0);
    return at < SMOOTH_DAYS - 1 ? null : sum / SMOOTH_DAYS;
  });
}

const YEAR = new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', year: 'numeric' });
const MONTH = new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', month: 'short', year: 'numeric' });
const DAY = new Intl.DateTimeFormat(LOCALE, { timeZone: 'UTC', day: 'numeric', month: 'short' });

/** Dates below the axis, as fine as its steps. */
function axisDates(_plot: uPlot, ticks: number[], _axis: number, _space: number, stepS: number): string[] {
  const format = stepS >= 360 * DAY_S ? YEAR : stepS >= 28 * DAY_S ? MONTH : DAY;
  return ticks.map((tick) => format.format(tick * 1_000));
}

function optionsOf(width: number, { accent, faint, line, soft, font }: ReturnType<typeof useColours>): uPlot.Options {
  const bars = uPlot.paths.bars?.({ size: [0.9, 14], align: 0 });
  const axis = { stroke: faint, font, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  return {
    ...{ width, height: HEIGHT_PX, padding: [8, 8, 0, 0] },
    // A day of the API is a day of the reader's zone already: it is drawn as it stands.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), 'Etc/UTC'),
    cursor: { y: false, points: { size: 8 }, drag: { x: true, y: false } },
    legend: { live: true },
    scales: {
      // Half a day at each end, so that the first and the last bar are whole.
      x: { range: (_plot, min, max) => [min - HALF_DAY_S, max + HALF_DAY_S] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, max * 1.08)] },
    },
    axes: [
      { ...axis, size: 30, space: 70, grid: { show: false }, values: axisDates },
      { ...axis, size: 46, values: (_plot, ticks) => ticks.map((tick) => count(tick)) },
    ],
    series: [
      { label: 'Day', value: (_plot, seconds) => (seconds === null ? '–' : date(seconds * 1_000)) },
      {
        label: 'Messages',
        stroke: soft,
        fill: soft,
        width: 1,
        points: { show: false },
        ...(bars === undefined ? {} : { paths: bars }),
      },
      {
        label: 'Average of four weeks',
        stroke: accent,
        width: 2,
        points: { show: false },
        value: (_plot, value) => (value === null ? '–' : value.toFixed(1)),
      },
    ],
  };
}
