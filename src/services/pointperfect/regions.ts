// Which region of the service a position lies in. The service publishes no borders; two public tables are known
// (specs/ublox.md 2.2). A gateway on a border must not change back and forth: a region is kept until the position has
// been clearly outside it for a while.
import type { Region } from './topics.js';

export interface RegionBox {
  region: Region;
  southDeg: number;
  northDeg: number;
  westDeg: number;
  eastDeg: number;
}

export type RegionTable = 'narrow' | 'wide';

const box = (region: Region, southDeg: number, northDeg: number, westDeg: number, eastDeg: number): RegionBox => ({
  region,
  southDeg,
  northDeg,
  westDeg,
  eastDeg,
});

/** Where boxes overlap the later row counts. */
export const REGION_TABLES: Readonly<Record<RegionTable, readonly RegionBox[]>> = {
  narrow: [
    box('us', 25, 50, -125, -60),
    box('eu', 36, 72, -11, 32),
    box('au', -45, -25, 113, 154),
    box('kr', 34, 39, 125, 129.5),
    box('jp', 31, 46, 129.5, 146),
  ],
  wide: [
    box('us', 20, 75, -170, -50),
    box('eu', 35, 75, -30, 40),
    box('au', -43, -9, 111, 160),
    box('kr', 34, 39, 126, 130),
    box('jp', 30, 47, 128, 147),
  ],
};

export interface Spot {
  latitudeDeg: number;
  longitudeDeg: number;
}

/** Every region whose box holds the spot, the one that counts first. */
export function regionsAt(table: RegionTable, spot: Spot): Region[] {
  return REGION_TABLES[table]
    .filter((row) => isWithin(row, spot, 0))
    .map(({ region }) => region)
    .reverse();
}

const isWithin = (row: RegionBox, { latitudeDeg, longitudeDeg }: Spot, marginDeg: number): boolean =>
  latitudeDeg >= row.southDeg - marginDeg &&
  latitudeDeg <= row.northDeg + marginDeg &&
  longitudeDeg >= row.westDeg - marginDeg &&
  longitudeDeg <= row.eastDeg + marginDeg;

export interface RegionState {
  /** None: outside every one. */
  region?: Region;
  /** Clearly outside `region` since. */
  awaySinceMonoMs?: number;
}

const MARGIN_DEG = 0.5;
const AWAY_MS = 120_000;

/**
 * The state after a position at `nowMonoMs`; the same object when nothing changes.
 *
 *   none --inside one--> region --clearly outside for 2 min--> another region, or none
 */
export function nextRegion(
  state: RegionState,
  { spot, nowMonoMs }: { spot: Spot; nowMonoMs: number },
  table: RegionTable,
  choose: (candidates: readonly Region[]) => Region | undefined,
): RegionState {
  const found = (): RegionState => {
    const region = choose(regionsAt(table, spot));
    return region === undefined ? {} : { region };
  };
  if (state.region === undefined) {
    const next = found();
    return next.region === undefined ? state : next;
  }
  const row = REGION_TABLES[table].find(({ region }) => region === state.region);
  if (row && isWithin(row, spot, MARGIN_DEG))
    return state.awaySinceMonoMs === undefined ? state : { region: state.region };
  if (state.awaySinceMonoMs === undefined) return { region: state.region, awaySinceMonoMs: nowMonoMs };
  return nowMonoMs - state.awaySinceMonoMs >= AWAY_MS ? found() : state;
}
