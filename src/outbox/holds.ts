// How long a link is left alone, and when it is the cloud rather than the records. Pure bookkeeping:
//
//   timeout ──> 1 s        busy ──> as long as it says
//   link-lost ──> 1 s, 2 s … 60 s    over reconnects too, until something is accepted
//   rejected ──> put aside, three in a row; then one at a time, 1 min, 2 min … 1 h apart, and nothing more is put aside
//                until something is accepted: a cloud that refuses everything must not empty the outbox
import type { ErrorCode } from '../core/index.js';

const LOST_MS = { first: 1000, cap: 60_000 };
const REFUSED_MS = { first: 60_000, cap: 3_600_000 };
const MAX_REFUSED = 3;
const MAX_BUSY_MS = 86_400_000;
/** A shorter pause is the link's pace, not a failure. */
const LONG_BUSY_MS = 15_000;
const STALLED_AFTER = 3;

export class Holds {
  #heldUntilMs = 0;
  #pausedUntilMs = 0;
  #lostMs = LOST_MS.first;
  #refusedMs = REFUSED_MS.first;
  #refused = 0;
  #failures = 0;

  get untilMs(): number {
    return Math.max(this.#heldUntilMs, this.#pausedUntilMs);
  }

  /** The cloud is being tried: one record at a time. */
  get isProbing(): boolean {
    return this.#refused > MAX_REFUSED;
  }

  /** Why nothing is taken; undefined while all is well. */
  get reason(): ErrorCode | undefined {
    if (this.isProbing) return 'outbox.refused';
    return this.#failures >= STALLED_AFTER ? 'outbox.stalled' : undefined;
  }

  accepted(): void {
    this.#lostMs = LOST_MS.first;
    this.#refusedMs = REFUSED_MS.first;
    this.#refused = 0;
    this.#failures = 0;
  }

  busy(nowMs: number, retryAfterMs: number): void {
    if (retryAfterMs >= LONG_BUSY_MS && nowMs >= this.#pausedUntilMs) this.#failures++;
    this.#pausedUntilMs = nowMs + Math.min(MAX_BUSY_MS, Math.max(1, retryAfterMs || 1));
  }

  timeout(nowMs: number): void {
    this.#hold(nowMs, LOST_MS.first);
  }

  lost(nowMs: number): void {
    if (this.#hold(nowMs, this.#lostMs)) this.#lostMs = Math.min(LOST_MS.cap, this.#lostMs * 2);
  }

  /** The cloud has refused a record; true when it may be put aside. */
  refused(nowMs: number): boolean {
    if (++this.#refused <= MAX_REFUSED) return true;
    if (this.#hold(nowMs, this.#refusedMs)) this.#refusedMs = Math.min(REFUSED_MS.cap, this.#refusedMs * 2);
    return false;
  }

  /** One refused in a batch and put aside: single ones that follow it are the next in the row. */
  refusedInBatch(): void {
    this.#refused = Math.min(MAX_REFUSED, this.#refused + 1);
  }

  /** What comes back during a hold is of the same failure. */
  #hold(nowMs: number, ms: number): boolean {
    if (nowMs < this.#heldUntilMs) return false;
    this.#heldUntilMs = nowMs + ms;
    this.#failures++;
    return true;
  }
}
