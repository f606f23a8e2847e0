// Signal, correction age, latency and data use over time, drawn by uPlot in the page's own colours.
import type UPlot from 'uplot';
import { bytes, signed } from '../words.js';
import type { Past } from './past.js';
import { place } from './patch.js';
import { clockTime } from './time.js';

/** Pixels; page.css keeps the place. */
const PLOT_HEIGHT = 140;

type Column = (number | null)[];

interface PlotKind {
  id: string;
  name: string;
  columns(past: Past): Column[];
  labels: readonly string[];
  say(value: number): string;
  range(min: number, max: number): [number, number];
}

const fromZero =
  (least: number) =>
  (_min: number, max: number): [number, number] => [0, Math.max(max * 1.15, least)];

const scaled = (column: readonly (number | null)[], factor: number): Column =>
  column.map((value) => (value === null ? null : value * factor));

const KINDS: readonly PlotKind[] = [
  {
    id: 'signal',
    name: 'Signal',
    labels: [''],
    columns: ({ series }) => [series.signalDbm],
    say: (value) => `${signed(Math.round(value))} dBm`,
    range: (min, max) => {
      const spare = Math.max(3, (14 - (max - min)) / 2);
      return [Math.floor(min - spare), Math.ceil(max + spare)];
    },
  },
  {
    id: 'age',
    name: 'Correction age',
    labels: [''],
    columns: ({ series }) => [scaled(series.correctionAgeMs, 1e-3)],
    say: (value) => (value < 100 ? `${value.toFixed(value < 9.95 ? 1 : 0)} s` : `${Math.round(value / 60)} min`),
    range: fromZero(5),
  },
  {
    id: 'latency',
    name: 'Latency',
    labels: [''],
    columns: ({ series }) => [series.latencyMs],
    say: (value) => (value < 10_000 ? `${Math.round(value)} ms` : `${Math.round(value / 1000)} s`),
    range: fromZero(50),
  },
  {
    id: 'data',
    name: 'Data use',
    labels: ['in', 'out'],
    columns: ({ series, stepMs }) => [scaled(series.bytesIn, 1000 / stepMs), scaled(series.bytesOut, 1000 / stepMs)],
    say: (value) => `${bytes(value)}/s`,
    range: fromZero(100),
  },
];

/** `between −101 dBm and −93 dBm, last −95 dBm`. */
function summary({ name, labels, say }: PlotKind, columns: readonly Column[]): string {
  const said = columns.map((column, i) => {
    const known = column.filter((value) => value !== null);
    const last = known.at(-1);
    if (last === undefined) return '';
    const [least, most] = known.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [last, last]);
    return `${labels[i] ?? ''} between ${say(least)} and ${say(most)}, last ${say(last)}`.trim();
  });
  const text = said.filter(Boolean).join('; ');
  return `${name} over time: ${text === '' ? 'nothing known yet' : text}.`;
}

interface Plot {
  set(past: Past): void;
  destroy(): void;
}

function makePlot(Draw: typeof UPlot, kind: PlotKind): Plot {
  const box = place(`plot-${kind.id}`);
  const read = document.createElement('p');
  read.className = 'read';
  const nothing = document.createElement('p');
  nothing.className = 'plot-empty';
  nothing.textContent = 'nothing to draw yet';
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const [ink, grid] = [colour('--quiet'), colour('--grid')];
  const font = '12px system-ui, sans-serif';
  const strokes = [colour('--line-1'), colour('--line-2')];
  const fills = [colour('--fill-1'), ''];
  let columns: Column[] = [];
  let labelledAt = 0;

  const showValue = (plot: UPlot): void => {
    const i = plot.cursor.idx;
    const at = i === null || i === undefined ? undefined : plot.data[0][i];
    const values = columns.flatMap((column, n) => {
      const value = i === null || i === undefined ? null : column[i];
      return value === null || value === undefined ? [] : [`${kind.say(value)} ${kind.labels[n] ?? ''}`.trim()];
    });
    read.textContent = at === undefined || values.length === 0 ? '' : `${clockTime(at * 1000)}  ${values.join(', ')}`;
  };

  const plot = new Draw(
    {
      width: Math.max(120, box.clientWidth),
      height: PLOT_HEIGHT,
      // On the right as much as half of the longest label of time.
      padding: [10, 28, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'waymark' }, points: { size: 7 } },
      scales: {
        y: {
          // Without a value there are no ends, whatever the types say.
          range: (_plot, min: number | null, max: number | null) =>
            min === null || max === null ? [0, 1] : kind.range(min, max),
        },
      },
      axes: [
        {
          stroke: ink,
          font,
          size: 24,
          gap: 4,
          space: 70,
          grid: { show: false },
          ticks: { show: false },
          values: timeLabels,
        },
        {
          stroke: ink,
          font,
          size: 70,
          gap: 6,
          space: 34,
          grid: { stroke: grid, width: 1 },
          ticks: { show: false },
          values: (_plot, splits) => splits.map(kind.say),
        },
      ],
      series: [
        {},
        ...kind.labels.map((label, n) => ({
          label,
          stroke: strokes[n] ?? ink,
          ...(fills[n] === '' ? {} : { fill: fills[n] ?? '' }),
          // Down to the lower edge: a signal is below zero, and zero is not what it stands on.
          fillTo: (self: UPlot) => self.scales['y']?.min ?? 0,
          width: 1.75,
          points: { show: false },
        })),
      ],
      hooks: { setCursor: [showValue] },
    },
    [[], ...kind.labels.map(() => [])],
    box,
  );
  box.append(read, nothing);
  const watch = new ResizeObserver(() => {
    if (box.clientWidth > 0) plot.setSize({ width: box.clientWidth, height: PLOT_HEIGHT });
  });
  watch.observe(box);

  return {
    set(past) {
      columns = kind.columns(past);
      plot.setData([past.atMs.map((at) => at / 1000), ...columns]);
      const isEmpty = columns.every((column) => column.every((value) => value === null));
      nothing.hidden = !isEmpty;
      plot.root.hidden = isEmpty;
      const last = past.atMs.at(-1) ?? 0;
      // A label that changes every second helps nobody.
      if (Math.abs(last - labelledAt) < 10_000 && labelledAt !== 0) return;
      labelledAt = last;
      box.setAttribute('aria-label', summary(kind, columns));
    },
    destroy() {
      watch.disconnect();
      plot.destroy();
      box.replaceChildren();
    },
  };
}

/** Hours and minutes; seconds of a short time, days of a long one: no two marks read the same. */
function timeLabels(_plot: UPlot, splits: number[]): string[] {
  const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0);
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  const options: Intl.DateTimeFormatOptions =
    span > 172_800
      ? { day: 'numeric', month: 'short' }
      : {
          ...{ hour: '2-digit', minute: '2-digit', hour12: false },
          ...(step > 0 && step < 60 ? { second: '2-digit' } : {}),
        };
  return splits.map((at) => new Date(at * 1000).toLocaleString([], options));
}

export interface Plots {
  set(past: Past): void;
}

/** Made anew when the visitor's system goes from light to dark: a canvas does not follow by itself. */
export function startPlots(): Plots {
  // A script of its own beside this one; without it there are the numbers still.
  const Draw = (window as { uPlot?: typeof UPlot }).uPlot;
  if (!Draw) return { set: () => undefined };
  let plots = KINDS.map((kind) => makePlot(Draw, kind));
  let shown: Past | undefined;
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const plot of plots) plot.destroy();
    plots = KINDS.map((kind) => makePlot(Draw, kind));
    if (shown) for (const plot of plots) plot.set(shown);
  });
  return {
    set(past) {
      shown = past;
      for (const plot of plots) plot.set(past);
    },
  };
}
