// Localized distribution: the world in tiles, each with a dictionary of its nodes (specs/ublox.md 2.3). Names, the
// dictionary, and which node is the nearest.
import type { Spot } from './regions.js';

/** 0 to 2: tiles of 10, 5 and 2.5 degrees with sparse nodes; 3 to 5 the same with dense ones. */
export type TileLevel = '0' | '1' | '2' | '3' | '4' | '5';

export interface TileNode extends Spot {
  name: string;
}

export interface TileDict {
  tile: string;
  /** Goes before a node's name. */
  prefix: string;
  nodes: readonly TileNode[];
}

export type DecodedDict = { is: 'dict'; dict: TileDict } | { is: 'malformed'; why: string };

const SIZES_CENTIDEG = [1000, 500, 250] as const;
/** Level 3 dictionaries have about 25 kB. */
const MAX_DICT_BYTES = 131_072;
const MAX_NODES = 4096;
const NODE = /^([NS])(\d{4})([EW])(\d{5})$/;

const sizeOf = (level: TileLevel): number => SIZES_CENTIDEG[Number(level) % 3] ?? 250;

/** `L2N5375W00125`: the centre of the tile in hundredths of a degree. Rounded down, not towards zero. */
export function tileName(level: TileLevel, { latitudeDeg, longitudeDeg }: Spot): string {
  const size = sizeOf(level);
  const centre = (deg: number, last: number): number =>
    Math.min(Math.floor((deg * 100) / size) * size, last - size) + size / 2;
  const [lat, lon] = [centre(latitudeDeg, 9000), centre(longitudeDeg, 18_000)];
  return `L${level}${lat < 0 ? 'S' : 'N'}${digits(lat, 4)}${lon < 0 ? 'W' : 'E'}${digits(lon, 5)}`;
}

const digits = (centideg: number, count: number): string => String(Math.abs(centideg)).padStart(count, '0');

/** These topics begin without a slash. */
export const dictTopic = (tile: string): string => `pp/ip/${tile}/dict`;

/** Is the spot clearly outside the tile? A twentieth of its size beyond the border does not count. */
export function isOutside(tile: string, level: TileLevel, spot: Spot): boolean {
  const centre = spotOf(tile.slice(2));
  if (!centre) return true;
  const reachDeg = (sizeOf(level) / 100) * 0.55;
  return Math.abs(spot.latitudeDeg - centre.latitudeDeg) > reachDeg || lonDistanceDeg(spot, centre) > reachDeg;
}

/** The dictionary of `tile`. Never throws; names that are none are left out. */
export function decodeDict(payload: Uint8Array, tile: string): DecodedDict {
  if (payload.length > MAX_DICT_BYTES) return { is: 'malformed', why: 'too large' };
  let data: unknown;
  try {
    data = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'));
  } catch {
    return { is: 'malformed', why: 'no JSON' };
  }
  const fields: Partial<Record<string, unknown>> = typeof data === 'object' && data !== null ? { ...data } : {};
  if (fields['tile'] !== tile) return { is: 'malformed', why: 'of another tile' };
  // The prefix decides what is subscribed to: it has to be this tile's.
  const prefix = fields['nodeprefix'];
  if (prefix !== `pp/ip/${tile}/`) return { is: 'malformed', why: 'a node prefix of another tile' };
  const names = fields['nodes'];
  if (!Array.isArray(names)) return { is: 'malformed', why: 'no nodes' };
  const nodes: TileNode[] = [];
  for (const name of names.slice(0, MAX_NODES) as unknown[]) {
    const spot = typeof name === 'string' ? spotOf(name) : undefined;
    if (spot && typeof name === 'string') nodes.push({ name, ...spot });
  }
  return nodes.length > 0 ? { is: 'dict', dict: { tile, prefix, nodes } } : { is: 'malformed', why: 'no nodes' };
}

function spotOf(name: string): Spot | undefined {
  const match = NODE.exec(name);
  if (!match) return undefined;
  const [, ns, lat, ew, lon] = match;
  const latitudeDeg = (Number(lat) / 100) * (ns === 'S' ? -1 : 1);
  const longitudeDeg = (Number(lon) / 100) * (ew === 'W' ? -1 : 1);
  return Math.abs(latitudeDeg) <= 90 && Math.abs(longitudeDeg) <= 180 ? { latitudeDeg, longitudeDeg } : undefined;
}

/** Another node must be nearer by this factor to be changed to. */
const CLEARLY = 0.8;

/** The nearest node; `current` stays unless another is clearly nearer. */
export function nearestNode(dict: TileDict, spot: Spot, current?: TileNode): TileNode | undefined {
  let best: TileNode | undefined;
  let bestDeg = Number.POSITIVE_INFINITY;
  for (const node of dict.nodes) {
    const deg = distanceDeg(spot, node);
    if (deg < bestDeg) [best, bestDeg] = [node, deg];
  }
  return current && bestDeg >= distanceDeg(spot, current) * CLEARLY ? current : best;
}

const lonDistanceDeg = (a: Spot, b: Spot): number => {
  const raw = Math.abs(a.longitudeDeg - b.longitudeDeg);
  return Math.min(raw, 360 - raw);
};

function distanceDeg(spot: Spot, node: Spot): number {
  const east = lonDistanceDeg(spot, node) * Math.cos((spot.latitudeDeg * Math.PI) / 180);
  return Math.hypot(spot.latitudeDeg - node.latitudeDeg, east);
}
