// The rows behind the plots, kept in this tab: fetched once, then grown by what the events bring.
import { HISTORY_SERIES, type History, type HistoryPosition, type HistorySeriesName } from '../../history-shape.js';
import { get } from './api.js';

export interface Past {
  stepMs: number;
  atMs: number[];
  series: Record<HistorySeriesName, (number | null)[]>;
  positions: HistoryPosition[];
}

const nothing = (): Past => ({
  stepMs: 1000,
  atMs: [],
  series: { signalDbm: [], correctionAgeMs: [], latencyMs: [], bytesIn: [], bytesOut: [] },
  positions: [],
});

const isList = (value: unknown): value is unknown[] => Array.isArray(value);

/** A copy that may grow; what is not a history is none. */
function readPast(answer: unknown): Past | undefined {
  const given = answer as (Omit<Partial<History>, 'series'> & { series?: Partial<History['series']> }) | undefined;
  if (!given || !isList(given.atMs) || given.series === undefined) return undefined;
  const past = nothing();
  past.stepMs = Number(given.stepMs) > 0 ? Number(given.stepMs) : 1000;
  past.atMs = [...given.atMs];
  for (const name of HISTORY_SERIES) past.series[name] = [...(given.series[name] ?? past.atMs.map(() => null))];
  past.positions = isList(given.positions) ? [...given.positions] : [];
  return past;
}

export interface PastKeeper {
  readonly past: Past;
  readonly seconds: number;
  choose(seconds: number): Promise<void>;
  refresh(): Promise<void>;
  /** One new row; rows coarser than a second are fetched from time to time instead. */
  add(row: unknown): void;
}

export function keepPast(onChange: () => void): PastKeeper {
  let past = nothing();
  let seconds = 600;

  const refresh = async (): Promise<void> => {
    const wanted = seconds;
    const read = readPast(await get(`/api/v1/history?seconds=${wanted}`));
    // Another range was chosen meanwhile.
    if (!read || wanted !== seconds) return;
    past = read;
    onChange();
  };

  return {
    get past() {
      return past;
    },
    get seconds() {
      return seconds;
    },
    refresh,
    choose(wanted) {
      seconds = wanted;
      return refresh();
    },
    add(data) {
      const row = data as Partial<Record<HistorySeriesName, number | null>> & {
        atMs: number;
        position?: HistoryPosition;
      };
      const last = past.atMs.at(-1) ?? 0;
      if (!Number.isFinite(row.atMs) || row.atMs - last < past.stepMs * 0.5) return;
      // Bytes are of a step: a second's cannot stand among those of a minute.
      if (past.stepMs > 1500) {
        if (row.atMs - last >= past.stepMs * 1.5) void refresh();
        return;
      }
      past.atMs.push(row.atMs);
      for (const name of HISTORY_SERIES) past.series[name].push(row[name] ?? null);
      if (row.position) past.positions.push(row.position);
      const oldest = row.atMs - seconds * 1000;
      while ((past.atMs[0] ?? oldest) < oldest) {
        past.atMs.shift();
        for (const name of HISTORY_SERIES) past.series[name].shift();
      }
      while ((past.positions[0]?.atMs ?? oldest) < oldest) past.positions.shift();
      onChange();
    },
  };
}
