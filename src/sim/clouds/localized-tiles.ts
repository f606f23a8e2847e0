// Tiles and nodes of the localized distribution: their names, where the service has any, and what a tile's dictionary says
// (specs/ublox.md 2.3). Everything is counted in whole centidegrees: names hold nothing finer.

/** Tile size by level; 0 to 2 have few nodes, 3 to 5 many. */
const TILE_CDEG = [1000, 500, 250, 1000, 500, 250] as const;
/** The many make the largest dictionary (level 3) about 24 kB, as reported of the real one. */
const NODE_STEP_CDEG = { sparse: 100, dense: 25 } as const;

export interface LocalizedTopic {
  level: number;
  /** Its centre. */
  latCdeg: number;
  lonCdeg: number;
  /** Absent: the tile's dictionary. */
  node?: string;
}

/** South, north, west, east in degrees: rough boxes, the waters around included. */
const COVERAGE: readonly (readonly [number, number, number, number])[] = [
  [35, 75, -30, 40],
  [20, 75, -170, -50],
  [-45, -9, 111, 160],
  [33, 39, 124, 130],
  [30, 47, 128, 147],
];

const part = (letters: string, cdeg: number, digits: number): string =>
  `${letters[cdeg < 0 ? 1 : 0] ?? ''}${String(Math.abs(cdeg)).padStart(digits, '0')}`;

/** `N5375W00125`. */
export const placeName = (latCdeg: number, lonCdeg: number): string => part('NS', latCdeg, 4) + part('EW', lonCdeg, 5);

const PLACE = /^([NS])(\d{4})([EW])(\d{5})$/;

/** The inverse, exact: a name that would be written otherwise is none. */
function placeOf(name: string): { latCdeg: number; lonCdeg: number } | undefined {
  const [, ns, lat, ew, lon] = PLACE.exec(name) ?? [];
  if (lat === undefined || lon === undefined) return undefined;
  const latCdeg = Number(lat) * (ns === 'S' ? -1 : 1) || 0;
  const lonCdeg = Number(lon) * (ew === 'W' ? -1 : 1) || 0;
  return placeName(latCdeg, lonCdeg) === name ? { latCdeg, lonCdeg } : undefined;
}

const sizeOf = (level: number): number => TILE_CDEG[level] ?? 1000;

export const tileName = ({ level, latCdeg, lonCdeg }: LocalizedTopic): string =>
  `L${level}${placeName(latCdeg, lonCdeg)}`;

/** The tile a position lies in. */
export function tileAt(level: number, latitudeDeg: number, longitudeDeg: number): LocalizedTopic {
  const size = sizeOf(level);
  const centre = (deg: number): number => Math.floor((deg * 100) / size) * size + size / 2;
  return { level, latCdeg: centre(latitudeDeg), lonCdeg: centre(longitudeDeg) };
}

const TOPIC = /^pp\/ip\/L([0-5])([^/]+)\/([^/]+)$/;

/** What a topic names, or undefined: a tile off the grid, or a node the tile does not have, is no localized topic. */
export function localizedTopicOf(topic: string): LocalizedTopic | undefined {
  const [, levelText, place, rest] = TOPIC.exec(topic) ?? [];
  if (place === undefined || rest === undefined) return undefined;
  const centre = placeOf(place);
  const level = Number(levelText);
  const size = sizeOf(level);
  const isCentre = (cdeg: number): boolean => (cdeg - size / 2) % size === 0;
  if (!centre || !isCentre(centre.latCdeg) || !isCentre(centre.lonCdeg)) return undefined;
  if (Math.abs(centre.latCdeg) > 9000 || Math.abs(centre.lonCdeg) > 18_000) return undefined;
  const tile = { level, ...centre };
  if (rest === 'dict') return tile;
  return nodesOf(tile).includes(rest) ? { ...tile, node: rest } : undefined;
}

/** Does any of the tile lie where the service has nodes? */
export function isCovered({ level, latCdeg, lonCdeg }: LocalizedTopic): boolean {
  const half = sizeOf(level) / 2;
  return COVERAGE.some(
    ([south, north, west, east]) =>
      latCdeg + half > south * 100 &&
      latCdeg - half < north * 100 &&
      lonCdeg + half > west * 100 &&
      lonCdeg - half < east * 100,
  );
}

/** Names of its nodes: a grid that reaches its borders or a little beyond; none outside the coverage. */
export function nodesOf(tile: LocalizedTopic): string[] {
  if (!isCovered(tile)) return [];
  const half = sizeOf(tile.level) / 2;
  const step = tile.level < 3 ? NODE_STEP_CDEG.sparse : NODE_STEP_CDEG.dense;
  const along = (centre: number): number[] => {
    const from = Math.floor((centre - half) / step);
    const to = Math.ceil((centre + half) / step);
    return Array.from({ length: to - from + 1 }, (_, i) => (from + i) * step);
  };
  return along(tile.latCdeg).flatMap((lat) => along(tile.lonCdeg).map((lon) => placeName(lat, lon)));
}

/** The dictionary's JSON; undefined outside the coverage, where nothing is ever said. */
export function dictionaryOf(tile: LocalizedTopic, endpoint: string): string | undefined {
  const nodes = nodesOf(tile);
  if (nodes.length === 0) return undefined;
  const name = tileName(tile);
  return JSON.stringify({ tile: name, nodeprefix: `pp/ip/${name}/`, nodes, endpoint });
}
