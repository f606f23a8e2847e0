// The histories behind the plots: three rings of fixed size in typed arrays, the finer the shorter. Steps are of the
// monotonic clock: wall times are made when somebody reads, from the clock as it is then, so that rows of before it was set
// stand where they belong and not in 1970.
//
//   snapshot, once a second ──> 1 s steps for 10 min ──> 10 s for 6 h ──> 1 min for 7 days
//
// A row is 61 bytes, all rows together 783 kB; pages of the rings that were never written cost nothing.
import type { Clock } from '../core/index.js';
import { createRing, type Sample } from './history-ring.js';
import { HISTORY_SERIES, type History, type HistoryPosition, type HistorySeriesName } from './history-shape.js';
import type { StatusSnapshot } from './snapshot.js';

/** One new row as it is sent to those who follow. */
export interface HistoryRow extends Readonly<Record<HistorySeriesName, number | null>> {
  /** Wall clock, milliseconds since 1970. */
  atMs: number;
  position?: HistoryPosition;
}

export interface HistoryKeeper {
  /** Once a second. */
  add(snapshot: StatusSnapshot): void;
  /** The last `seconds`, in steps that give at most a thousand rows. */
  read(seconds: number): History;
  /** Told each new row. Returns the stop. */
  follow(onRow: (row: HistoryRow) => void): () => void;
  /** Memory all rings together come to. */
  readonly bytes: number;
}

const MAX_ROWS = 1000;
export const MAX_HISTORY_SECONDS = 604_800;
/** An older fix or measurement says nothing about this second. */
const FRESH_MS = 5000;

const rounded = (value: number, decimals: number): number => Math.round(value * 10 ** decimals) / 10 ** decimals;

function positionOf({ fix }: StatusSnapshot): Sample['position'] {
  const { latitudeDeg, longitudeDeg, altitudeMslM, horizontalAccuracyM, quality, ageMs } = fix;
  if (latitudeDeg === undefined || longitudeDeg === undefined || quality === 'none') return undefined;
  if (ageMs === undefined || ageMs > FRESH_MS) return undefined;
  return {
    ...{ latitudeDeg, longitudeDeg },
    ...(altitudeMslM === undefined ? {} : { altitudeM: rounded(altitudeMslM, 3) }),
    ...(horizontalAccuracyM === undefined ? {} : { accuracyM: rounded(horizontalAccuracyM, 3) }),
    quality,
  };
}

function totalsOf({ bytes }: StatusSnapshot): { in: number; out: number } {
  const totals = { in: 0, out: 0 };
  for (const road of Object.values(bytes)) {
    totals.in += road.in;
    totals.out += road.out;
  }
  return totals;
}

/** What was counted since; a counter that is smaller than before has begun anew. */
const since = (now: number, before: number | undefined): number | null =>
  before === undefined ? null : now >= before ? now - before : now;

export function createHistory(clock: Clock): HistoryKeeper {
  const tier = (stepMs: number, size: number) => ({ ring: createRing(stepMs, size), size });
  const longest = tier(60_000, 10_080);
  const rings = [tier(1000, 600), tier(10_000, 2160), longest];
  const followers = new Set<(row: HistoryRow) => void>();
  let before: { in: number; out: number } | undefined;
  let firstMonoMs: number | undefined;

  function sampleOf(snapshot: StatusSnapshot): Sample {
    const { signal } = snapshot.modem ?? {};
    const { latency } = snapshot;
    const totals = totalsOf(snapshot);
    const bytes = { bytesIn: since(totals.in, before?.in), bytesOut: since(totals.out, before?.out) };
    before = totals;
    const position = positionOf(snapshot);
    return {
      monoMs: clock.mono(),
      signalDbm: signal?.rsrpDbm ?? signal?.rssiDbm ?? null,
      correctionAgeMs: snapshot.corrections.ageMs ?? null,
      latencyMs: latency && latency.ageMs <= FRESH_MS ? latency.ms : null,
      ...bytes,
      ...(position ? { position } : {}),
    };
  }

  return {
    bytes: rings.reduce((sum, { ring }) => sum + ring.bytes, 0),
    add(snapshot) {
      const sample = sampleOf(snapshot);
      firstMonoMs ??= sample.monoMs;
      for (const { ring } of rings) ring.add(sample);
      if (followers.size === 0) return;
      const { monoMs: _mono, position, ...series } = sample;
      const atMs = Math.round(clock.wall());
      const row = { atMs, ...series, ...(position ? { position: { ...position, atMs } } : {}) };
      for (const follower of followers) follower(row);
    },
    read(seconds) {
      const monoMs = clock.mono();
      // Of a run of five minutes the last week is five minutes.
      const wantedMs = Math.min(seconds * 1000, monoMs - (firstMonoMs ?? monoMs) + 1000);
      const { ring, size } = rings.find((tier) => tier.ring.stepMs * tier.size >= wantedMs) ?? longest;
      const steps = Math.max(1, Math.min(size, Math.ceil(wantedMs / ring.stepMs)));
      const group = Math.ceil(steps / MAX_ROWS);
      const to = ring.stepOf(monoMs);
      const from = Math.max(0, to - steps + 1);
      const toWall = clock.wall() - monoMs;
      return asHistory(ring.rows(from, to, group), { stepMs: ring.stepMs, from, group, toWall });
    },
    follow(onRow) {
      followers.add(onRow);
      return () => void followers.delete(onRow);
    },
  };
}

interface Span {
  stepMs: number;
  from: number;
  group: number;
  /** From the monotonic clock to the wall's, as it is now. */
  toWall: number;
}

function asHistory(rows: readonly (Sample | undefined)[], { stepMs, from, group, toWall }: Span): History {
  const rowMs = stepMs * group;
  /** A hole has no time of its own: the middle of its step. */
  const wallOf = (row: Sample | undefined, i: number): number =>
    Math.round((row?.monoMs ?? (from + i * group) * stepMs + rowMs / 2) + toWall);
  const known = rows.flatMap((row, i) => (row ? [i] : []));
  const [first = 0, last = -1] = [known[0], known.at(-1)];
  const shown = rows.slice(first, last + 1);
  const atMs = shown.map((row, i) => wallOf(row, first + i));
  const column = (name: HistorySeriesName): (number | null)[] => shown.map((row) => row?.[name] ?? null);
  return {
    schemaVersion: 1,
    stepMs: rowMs,
    atMs,
    series: Object.fromEntries(HISTORY_SERIES.map((name) => [name, column(name)])) as unknown as History['series'],
    positions: shown.flatMap((row, i) => (row?.position ? [{ ...row.position, atMs: atMs[i] ?? 0 }] : [])),
  };
}
