// What the outbox says of itself.
import type { ErrorCode } from '../core/index.js';

export interface OutboxStatus {
  destination: string;
  /** `memory` and `readonly`: the disk takes nothing, records are kept in memory. */
  state: 'ok' | 'memory' | 'readonly';
  /**
   * `outbox.disk` while the disk takes nothing; `outbox.refused` or `outbox.stalled` while the cloud takes nothing of what
   * waits; `outbox.full` while a gap waits to be told.
   */
  reason?: ErrorCode;
  /** Waiting, those under way included. */
  records: number;
  /** On the disk and in memory. */
  bytes: number;
  /** Age of the oldest one waiting, where trusted time says it. */
  oldestAgeMs?: number;
  inFlight: number;
  accepted: number;
  confirmed: number;
  rejected: number;
  timeouts: number;
  linkLost: number;
  /** Gone without having been sent: full, too old, memory. */
  dropped: number;
  /** Put aside by this process. */
  quarantined: number;
  /** Damaged places found in the log. */
  corrupt: number;
  /** Gap records the cloud has taken. */
  gaps: number;
  isDraining: boolean;
  /** Records of the backlog still to go, those under way included. */
  replayLeft: number;
}
