// The parts of the status object about what goes up: the clouds, their outboxes, the best position, commands.

/** A cloud that positions and state go up to, or that is asked where the gateway is. */
export interface CloudView {
  name: string;
  /** The service's own word: `connected`, `waiting`, `banned`, `refused`, … */
  state: string;
  /** One sentence: what it does, or why not. */
  sentence: string;
  /** True while it does not do its work. */
  isTroubled: boolean;
  /** The one root cause: an error code, or the credential that has to be mended first. */
  reason?: string;
  waitsFor?: string;
  message?: string;
  hint?: string;
  evidence?: Readonly<Record<string, string | number>>;
  next?: string;
  nextInMs?: number;
  /** Counts and facts of this cloud, by name. */
  facts: Readonly<Record<string, string | number | boolean>>;
  outbox?: OutboxView;
}

/** What waits for one cloud, and what became of the rest. Counts are of this run. */
export interface OutboxView {
  /** `ok` on the disk, `memory` while the disk takes nothing. */
  state: string;
  reason?: string;
  records: number;
  bytes: number;
  oldestAgeMs?: number;
  inFlight: number;
  accepted: number;
  confirmed: number;
  rejected: number;
  dropped: number;
  quarantined: number;
  corrupt: number;
  gaps: number;
  /** Records kept while the cloud was away are being sent. */
  isReplaying: boolean;
}

/** The best position there is, as it is reported. */
export interface LocatedView {
  /** receiver-rtk, receiver, module-gnss, cell or carrier. */
  source: string;
  quality: string;
  latitudeDeg: number;
  longitudeDeg: number;
  accuracyM?: number;
  ageMs: number;
  reportSeconds: number;
}

/** Commands from the clouds, of this run. */
export interface CommandsView {
  done: number;
  refused: number;
  failed: number;
  last?: { from: string; name: string; end: string; at: string; message: string };
}

/** Programs that follow the position on this machine. */
export interface OutputView {
  name: string;
  state: string;
  port?: number;
  clients: number;
  reason?: string;
  hint?: string;
}
