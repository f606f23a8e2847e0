// One thing to be said to a cloud, and what became of it. "accepted" is never "delivered".

export const RECORD_KINDS = ['position', 'state', 'alarm', 'log', 'result', 'gap'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** A: kept until the cloud has confirmed it. B: only the newest of its kind matters. */
export type RecordClass = 'A' | 'B';

export interface CloudRecord {
  /** `<boot>-<sequence>`: unique for the life of the gateway and rising; duplicates are recognised by it. */
  id: string;
  kind: RecordKind;
  class: RecordClass;
  /** Time of the event, ms since 1970 UTC, as known when it happened; 0 with quality `none`. */
  utcMs: number;
  timeQuality: 'utc' | 'none';
  /** The boot it happened in (the outbox's counter), and that boot's monotonic ms: its age while that boot lasts. */
  boot: number;
  monoMs: number;
  body: Readonly<Record<string, unknown>>;
}

/** What is handed to the outbox; the id is the outbox's own. */
export type NewRecord = Omit<CloudRecord, 'id' | 'boot'> & {
  /** Forced to the disk before `put` resolves: nothing is lost even by a power cut. */
  sync?: boolean;
};

export type Verdict =
  /** Taken by the broker or server (PUBACK, 2xx without the cloud's own word). */
  | { is: 'accepted' }
  /** The cloud itself says it has it. */
  | { is: 'confirmed' }
  /** Will never be taken: it is put aside. `isLocal`: found before sending, so that it says nothing of the cloud. */
  | { is: 'rejected'; code: string; reason: string; isLocal?: true }
  | { is: 'timeout' }
  /** The link went while it was under way. */
  | { is: 'link-lost' }
  /** Not tried, or refused for now: the same again after that long. Never counts against the record. */
  | { is: 'busy'; retryAfterMs: number };

export interface SendOptions {
  signal: AbortSignal;
  /** It waited while the link was down, or was sent before: its time is not now. */
  isReplay: boolean;
}

/** How fast a cloud takes records. */
export interface LinkLimits {
  /** At most so many single records under way. */
  window: number;
  /** At most `count` single records in any `perMs`. */
  pace: { count: number; perMs: number };
  /** How long a verdict may take before it counts as `timeout`, ms (30 000 unless given, 120 000 at most). */
  patienceMs?: number;
  /** Several at once, where the cloud takes that: used while more than `fromBacklog` wait. */
  batch?: { fromBacklog: number; maxRecords: number; maxBytes: number; everyMs: number };
}

/** One cloud that takes records while a session is up: Losant, deviceWISE, an operator's broker. */
export interface CloudLink {
  readonly limits: LinkLimits;
  /** The verdict is the final one for this try: `accepted` where the cloud has no word of its own. Never rejects. */
  publish(record: CloudRecord, options: SendOptions): Promise<Verdict>;
  /** One verdict a record, in order. Never rejects. */
  publishMany?(records: readonly CloudRecord[], options: SendOptions): Promise<readonly Verdict[]>;
}
