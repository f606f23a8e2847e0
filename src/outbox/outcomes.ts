// What becomes of a record once there is a word about it:
//
//   accepted, confirmed ──> settled
//   rejected ──> put aside and told by a gap record, or, where all are refused, kept (holds.ts)
//   link-lost ──> tried again, alone; put aside once it is found to be the culprit (suspects.ts)
//   timeout, busy, no word ──> tried again
import type { Clock, Verdict } from '../core/index.js';
import type { Batching } from './batching.js';
import type { Holds } from './holds.js';
import type { Item, LineUp } from './line-up.js';
import type { Quarantine } from './quarantine.js';
import type { Store } from './store.js';
import type { Suspects } from './suspects.js';

export interface SenderCounts {
  accepted: number;
  confirmed: number;
  rejected: number;
  timeouts: number;
  linkLost: number;
  quarantined: number;
  gaps: number;
}

export interface OutcomesDeps {
  clock: Clock;
  store: Store;
  quarantine: Quarantine;
  line: LineUp;
  /** Those under way, in the order they were sent. */
  inFlight: Map<number, Item>;
  suspects: Suspects;
  holds: Holds;
  batching: Batching;
  /** A record's file is there. */
  onPutAside: () => void;
}

export class Outcomes {
  readonly counts: SenderCounts = {
    accepted: 0,
    confirmed: 0,
    rejected: 0,
    timeouts: 0,
    linkLost: 0,
    quarantined: 0,
    gaps: 0,
  };
  readonly #deps: OutcomesDeps;

  constructor(deps: OutcomesDeps) {
    this.#deps = deps;
  }

  /** @param verdict undefined: the link went and said nothing. */
  done(item: Item, verdict: Verdict | undefined, { isBatch, isLinkUp }: { isBatch: boolean; isLinkUp: boolean }): void {
    const nowMs = this.#deps.clock.mono();
    const oldest = this.#deps.inFlight.keys().next().value;
    this.#deps.inFlight.delete(item.seq);
    if (verdict === undefined) {
      this.#back(item);
      return;
    }
    switch (verdict.is) {
      case 'accepted':
      case 'confirmed':
        this.counts[verdict.is]++;
        this.#accepted(item, isBatch);
        return;
      case 'rejected':
        this.counts.rejected++;
        if (verdict.isLocal || this.#isRecordsFault(item, isBatch)) this.#setAside(item, verdict.code, verdict.reason);
        return;
      case 'busy':
        this.#deps.holds.busy(nowMs, verdict.retryAfterMs);
        if (item.isLive && item.from === 'log' && isLinkUp) this.#deps.line.backInFront(item);
        else this.#back(item);
        return;
      case 'timeout':
        this.counts.timeouts++;
        this.#deps.holds.timeout(nowMs);
        this.#back(item);
        return;
      case 'link-lost':
        this.counts.linkLost++;
        this.#deps.holds.lost(nowMs);
        if (isBatch) this.#back(item);
        else this.#lost(item, item.seq === oldest);
        return;
    }
  }

  #accepted(item: Item, isBatch: boolean): void {
    // A gap record is our own word on what was put aside: that it is taken speaks for no other record.
    if (item.from !== 'gap') {
      this.#deps.holds.accepted();
      this.#deps.suspects.accepted();
      this.#deps.line.endDeferral();
      if (isBatch) this.#deps.batching.accepted();
    }
    this.#settle(item);
  }

  /** False: it may be the cloud's, or the batch's; then the record has been kept for another try. */
  #isRecordsFault(item: Item, isBatch: boolean): boolean {
    const nowMs = this.#deps.clock.mono();
    if (isBatch) {
      if (this.#deps.batching.refused(nowMs)) {
        this.#deps.holds.refusedInBatch();
        return true;
      }
      this.#deps.suspects.add(item.seq);
      this.#back(item);
      return false;
    }
    // A gap that is refused would stand before everything else.
    if (this.#deps.holds.refused(nowMs) || item.from === 'gap') return true;
    this.#deps.suspects.add(item.seq);
    this.#later(item);
    return false;
  }

  #lost(item: Item, isOldest: boolean): void {
    const next = this.#deps.suspects.lost(item.seq, isOldest);
    if (next === 'set-aside') this.#setAside(item, 'link-lost', 'the connection ended with it again and again');
    else if (next === 'later') this.#later(item);
    else this.#back(item);
  }

  #settle(item: Item): void {
    const { store } = this.#deps;
    this.#deps.suspects.forget(item.seq);
    if (item.from === 'log') store.settle(item.seq);
    if (item.from !== 'gap') return;
    this.counts.gaps++;
    store.gapTold();
  }

  #setAside(item: Item, code: string, reason: string): void {
    const { clock, quarantine, inFlight, store, onPutAside } = this.#deps;
    this.counts.quarantined++;
    // Kept as one under way until its file is there, so that a crash before that finds it in the log.
    inFlight.set(item.seq, item);
    void quarantine.add({ record: item.record, code, reason, atUtcMs: clock.wall() }).then(() => {
      inFlight.delete(item.seq);
      const { id } = item.record;
      // The cloud was promised it: it is told that it will not come.
      if (item.from === 'log') store.addGap({ firstId: id, lastId: id, count: 1, reason: 'quarantined' });
      this.#settle(item);
      onPutAside();
    });
  }

  /** It stays, and is tried again. */
  #back(item: Item): void {
    if (item.from === 'gap') this.#deps.store.gapNotTold();
    else if (!this.#deps.line.back(item)) this.#deps.suspects.forget(item.seq);
  }

  /** As `#back`, and others first. */
  #later(item: Item): void {
    if (item.from === 'gap') this.#back(item);
    else if (!this.#deps.line.defer(item)) this.#deps.suspects.forget(item.seq);
  }
}
