// The histories behind the plots of the page: columns of equal length, one row a step, holes where nothing was known.

/** What is drawn over time. */
export const HISTORY_SERIES = [
  /** Received power, dBm: RSRP where the module tells it, otherwise RSSI. */
  'signalDbm',
  /** Milliseconds since the last correction was handed to the receiver. */
  'correctionAgeMs',
  /** How long the far side took to answer last: a confirmation, a connection, a ping; milliseconds. */
  'latencyMs',
  /** Bytes of this step over every road, either way. */
  'bytesIn',
  'bytesOut',
] as const;

export type HistorySeriesName = (typeof HISTORY_SERIES)[number];

export interface History {
  schemaVersion: 1;
  /** Milliseconds between two rows. */
  stepMs: number;
  /** Wall clock of each row, milliseconds since 1970. */
  atMs: readonly number[];
  series: Readonly<Record<HistorySeriesName, readonly (number | null)[]>>;
  /** Positions of the receiver in the same time, for the scatter. */
  positions: readonly HistoryPosition[];
}

export interface HistoryPosition {
  atMs: number;
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM?: number;
  accuracyM?: number;
  quality: string;
}
