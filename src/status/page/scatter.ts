// Positions as metres east and north of their median: how far the receiver wanders, with nothing taken from a map.
import type { HistoryPosition } from '../history-shape.js';

/** Metres a degree of latitude; good to half a percent everywhere, which is less than anyone sees. */
const METRES_PER_DEGREE = 111_320;

export interface LocalPoint {
  eastM: number;
  northM: number;
  quality: string;
  accuracyM?: number;
}

export interface Scatter {
  /** The oldest first. */
  points: readonly LocalPoint[];
  /** Half the width of the picture, a round number. */
  halfM: number;
  /** Half of the points lie within. */
  cep50M: number;
  /** 95 of 100 lie within. */
  cep95M: number;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

function share(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

/** 1, 2 or 5 times a power of ten, not below `value`. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1e-3)));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= value * 0.999_999) ?? 10;
  return factor * power;
}

export function scatterOf(positions: readonly HistoryPosition[]): Scatter | undefined {
  if (positions.length === 0) return undefined;
  // The date line is passed by what is measured from the first, not from zero.
  const first = positions[0]?.longitudeDeg ?? 0;
  const turned = positions.map(({ longitudeDeg }) => ((longitudeDeg - first + 540) % 360) - 180);
  const [latitude, longitude] = [median(positions.map(({ latitudeDeg }) => latitudeDeg)), median(turned)];
  const eastScale = METRES_PER_DEGREE * Math.cos((latitude * Math.PI) / 180);
  const points = positions.map(({ latitudeDeg, quality, accuracyM }, i) => ({
    eastM: ((turned[i] ?? 0) - longitude) * eastScale,
    northM: (latitudeDeg - latitude) * METRES_PER_DEGREE,
    quality,
    ...(accuracyM === undefined ? {} : { accuracyM }),
  }));
  const away = points.map(({ eastM, northM }) => Math.hypot(eastM, northM)).sort((a, b) => a - b);
  const [cep50M, cep95M] = [share(away, 0.5), share(away, 0.95)];
  // One wild point must not shrink all others to a dot: it is drawn at the edge.
  const wide = Math.max(cep95M * 1.4, (points.at(-1)?.accuracyM ?? 0) * 1.25, 0.01);
  return { points, halfM: roundUp(wide), cep50M, cep95M };
}
