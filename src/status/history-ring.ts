// One ring of the histories: columns of typed arrays, one place for each step of time. A place belongs to the step written
// beside it, so that steps nobody wrote are holes by themselves, however long nobody wrote.
import { FIX_QUALITIES } from '../core/index.js';
import { HISTORY_SERIES, type HistoryPosition, type HistorySeriesName } from './history-shape.js';

/** What is known of one moment. Bytes are those since the sample before. */
export interface Sample extends Readonly<Record<HistorySeriesName, number | null>> {
  monoMs: number;
  position?: Omit<HistoryPosition, 'atMs'>;
}

export interface Ring {
  readonly stepMs: number;
  readonly bytes: number;
  add(sample: Sample): void;
  /** The rows of the steps from..to, the holes included; `group` steps make one row. */
  rows(from: number, to: number, group: number): (Sample | undefined)[];
  /** The number of the step a moment lies in. */
  stepOf(monoMs: number): number;
}

/** How the samples of one step become one value: added up, the worst of them, or the last. */
const JOIN: Readonly<Record<HistorySeriesName, (a: number, b: number) => number>> = {
  signalDbm: (_a, b) => b,
  correctionAgeMs: Math.max,
  latencyMs: Math.max,
  bytesIn: (a, b) => a + b,
  bytesOut: (a, b) => a + b,
};

const joined = (name: HistorySeriesName, a: number | null, b: number | null): number | null =>
  a === null || b === null ? (b ?? a) : JOIN[name](a, b);

function joinSamples(a: Sample | undefined, b: Sample): Sample {
  if (!a) return b;
  const position = b.position ?? a.position;
  const series = Object.fromEntries(HISTORY_SERIES.map((name) => [name, joined(name, a[name], b[name])]));
  return {
    ...(series as Record<HistorySeriesName, number | null>),
    monoMs: b.monoMs,
    ...(position ? { position } : {}),
  };
}

const orNull = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

export function createRing(stepMs: number, size: number): Ring {
  const stepAt = new Float64Array(size);
  const monoMs = new Float64Array(size);
  const latitudeDeg = new Float64Array(size);
  const longitudeDeg = new Float64Array(size);
  const altitudeM = new Float32Array(size);
  const accuracyM = new Float32Array(size);
  const quality = new Uint8Array(size);
  const columns = HISTORY_SERIES.map((name) => ({ name, values: new Float32Array(size) }));
  const all = [stepAt, monoMs, latitudeDeg, longitudeDeg, altitudeM, accuracyM, quality];

  /** Steps are kept plus one: a fresh array is all zero, and the first step is, too. */
  const has = (step: number): boolean => stepAt[step % size] === step + 1;

  function positionAt(place: number): Sample['position'] {
    const latitude = orNull(latitudeDeg[place]);
    const longitude = orNull(longitudeDeg[place]);
    if (latitude === null || longitude === null) return undefined;
    const altitude = orNull(altitudeM[place]);
    const accuracy = orNull(accuracyM[place]);
    return {
      latitudeDeg: latitude,
      longitudeDeg: longitude,
      ...(altitude === null ? {} : { altitudeM: millis(altitude) }),
      ...(accuracy === null ? {} : { accuracyM: millis(accuracy) }),
      quality: FIX_QUALITIES[quality[place] ?? 0] ?? 'none',
    };
  }

  function read(step: number): Sample | undefined {
    if (!has(step)) return undefined;
    const place = step % size;
    const series = Object.fromEntries(columns.map(({ name, values }) => [name, orNull(values[place])]));
    const position = positionAt(place);
    return {
      ...(series as Record<HistorySeriesName, number | null>),
      monoMs: monoMs[place] ?? 0,
      ...(position ? { position } : {}),
    };
  }

  function write(step: number, sample: Sample): void {
    const place = step % size;
    const { position } = sample;
    stepAt[place] = step + 1;
    monoMs[place] = sample.monoMs;
    for (const { name, values } of columns) values[place] = sample[name] ?? Number.NaN;
    latitudeDeg[place] = position?.latitudeDeg ?? Number.NaN;
    longitudeDeg[place] = position?.longitudeDeg ?? Number.NaN;
    altitudeM[place] = position?.altitudeM ?? Number.NaN;
    accuracyM[place] = position?.accuracyM ?? Number.NaN;
    quality[place] = Math.max(
      0,
      FIX_QUALITIES.findIndex((name) => name === position?.quality),
    );
  }

  const stepOf = (atMonoMs: number): number => Math.floor(atMonoMs / stepMs);
  return {
    stepMs,
    bytes: [...all, ...columns.map(({ values }) => values)].reduce((sum, array) => sum + array.byteLength, 0),
    stepOf,
    add(sample) {
      const step = stepOf(sample.monoMs);
      write(step, joinSamples(read(step), sample));
    },
    rows(from, to, group) {
      const rows: (Sample | undefined)[] = [];
      for (let first = from; first <= to; first += group) {
        let row: Sample | undefined;
        for (let step = first; step < first + group && step <= to; step++) {
          const next = read(step);
          if (next) row = joinSamples(row, next);
        }
        rows.push(row);
      }
      return rows;
    },
  };
}

/** What was a decimal number before it was kept in four bytes. */
const millis = (value: number): number => Math.round(value * 1000) / 1000;
