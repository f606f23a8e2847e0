// One thing to be said to a cloud, and what became of it. "accepted" is never "delivered".

export interface CloudRecord {
  /** Boot counter and sequence: unique for the life of the gateway; duplicates are recognised by it. */
  id: string;
  kind: 'position' | 'state' | 'alarm' | 'log' | 'result';
  /** Time of the event, ms since 1970 UTC, as known when it happened. */
  utcMs: number;
  timeQuality: 'utc' | 'none';
  body: Readonly<Record<string, unknown>>;
}

export type Verdict =
  | { is: 'accepted' }
  | { is: 'confirmed' }
  | { is: 'rejected'; code: string; reason: string }
  | { is: 'timeout' }
  | { is: 'link-lost' };
