// Hands records to a link: what is live first, then the backlog oldest first, within the link's limits.
//
//   put while draining ──> live (64 at most) ──────────┐   first, in order among themselves
//   class B, newest of its kind ───────────────────────┤   pace: leaves nothing to be waited for
//   gap record, suspects, then the log ──> ready ──────┘   singly (all but one of the window), or in batches
//                                            ^
//        timeout, link-lost ─────────────────┘   busy: everything waits, nothing is counted
//
// Which record ends the connection is found by elimination: suspects.ts.
import {
  aborted,
  type Clock,
  type CloudLink,
  type CloudRecord,
  type Logger,
  linkedController,
  type Timer,
  type Verdict,
} from '../core/index.js';
import { ask } from './ask.js';
import { type Item, LineUp } from './line-up.js';
import { type PaceState, paceWaitMs, reserveOf, startPace, takeToken } from './pace.js';
import type { Quarantine } from './quarantine.js';
import type { Gap, RecordTime } from './retention.js';
import type { Store } from './store.js';
import { Suspects } from './suspects.js';

const READ_AHEAD = 16;
/** After the link's end its last verdicts are waited for so long: what it knows saves duplicates. */
const GRACE_MS = 1000;
const HOLD_MS = { first: 1000, cap: 30_000 };
const MAX_BUSY_MS = 86_400_000;
/** Of the JSON around the records of a batch, for each. */
const BATCH_EXTRA_BYTES = 2;

export interface SenderCounts {
  accepted: number;
  confirmed: number;
  rejected: number;
  timeouts: number;
  linkLost: number;
  quarantined: number;
  gaps: number;
}

export interface SenderDeps {
  clock: Clock;
  log: Logger;
  store: Store;
  quarantine: Quarantine;
  /** A new record with its number, for a gap. */
  gapRecord: (gap: Gap) => { record: CloudRecord; seq: number };
  isTooOld: (time: RecordTime) => boolean;
  onChange: () => void;
}

export class Sender {
  readonly counts: SenderCounts = {
    accepted: 0,
    confirmed: 0,
    rejected: 0,
    timeouts: 0,
    linkLost: 0,
    quarantined: 0,
    gaps: 0,
  };
  readonly #deps: SenderDeps;
  #active: { link: CloudLink; signal: AbortSignal; grace: AbortSignal } | undefined;
  #ended: Promise<void> | undefined;
  readonly #line: LineUp;
  readonly #inFlight = new Map<number, Item>();
  readonly #suspects = new Suspects();
  readonly #batch = { isOn: false, isUnderWay: false, nextAtMs: 0 };
  #pace: { key: string; state: PaceState } | undefined;
  #pausedUntilMs = 0;
  #heldUntilMs = 0;
  #holdMs = HOLD_MS.first;
  #wake: Timer | undefined;
  #onIdle: (() => void) | undefined;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
    this.#line = new LineUp({ ...deps, isUnderWay: (seq) => this.#inFlight.has(seq) });
  }

  get isDraining(): boolean {
    return this.#active !== undefined;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Records of class B waiting or under way. */
  get newestCount(): number {
    return this.#line.newestCount + [...this.#inFlight.values()].filter(({ from }) => from === 'newest').length;
  }

  get replayLeft(): number {
    const flying = [...this.#inFlight.values()].filter(({ from, isLive }) => from === 'log' && isLive).length;
    return Math.max(0, this.#deps.store.count - this.#line.liveCount - flying);
  }

  /** A record of class A that is in the store: it goes at once if there is a link and room. */
  offer(record: CloudRecord, seq: number): void {
    if (!this.#active) return;
    this.#line.addLive(record, seq);
    this.#pump();
  }

  /** A record of class B: it takes the place of the one of its kind that waits. */
  offerNewest(record: CloudRecord, seq: number): void {
    this.#line.addNewest(record, seq, !this.#active);
    this.#pump();
  }

  dropNewest(): number {
    return this.#line.dropNewest();
  }

  async drain(link: CloudLink, signal: AbortSignal): Promise<void> {
    // One link at a time: the next one begins when the last one's verdicts are in.
    while (this.#ended) await this.#ended;
    if (signal.aborted) return;
    this.#ended = this.#run(link, signal).finally(() => {
      this.#ended = undefined;
    });
    await this.#ended;
  }

  async #run(link: CloudLink, signal: AbortSignal): Promise<void> {
    const { clock, onChange } = this.#deps;
    using grace = linkedController();
    // One listener on the caller's signal, however many records are under way.
    using linked = linkedController(signal);
    this.#heldUntilMs = 0;
    this.#holdMs = HOLD_MS.first;
    const key = JSON.stringify(link.limits.pace);
    // Kept over a reconnect: the cloud counts on.
    if (this.#pace?.key !== key) this.#pace = { key, state: startPace(link.limits.pace, clock.mono()) };
    this.#active = { link, signal: linked.signal, grace: grace.signal };
    onChange();
    this.#pump();
    await aborted(signal);
    this.#active = undefined;
    this.#wake?.cancel();
    this.#line.endLive();
    if (this.#inFlight.size > 0) {
      const timer = clock.after(GRACE_MS, () => grace.abort());
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
      timer.cancel();
    }
    onChange();
  }

  /** Starts whatever may start now, and arranges to look again when more may. */
  #pump(): void {
    const active = this.#active;
    if (!active || active.signal.aborted) return;
    const { clock } = this.#deps;
    const { limits } = active.link;
    this.#wake?.cancel();
    const nowMs = clock.mono();
    let waitMs = Math.max(this.#pausedUntilMs, this.#heldUntilMs) - nowMs;
    if (waitMs <= 0) {
      waitMs = Number.POSITIVE_INFINITY;
      const look = (found: number | undefined): boolean => {
        if (found !== undefined && found > 0) waitMs = Math.min(waitMs, found);
        return found === 0;
      };
      while (this.#inFlight.size < limits.window && look(this.#sendLive(nowMs)));
      while (look(this.#sendReplay(nowMs)));
    }
    if (waitMs < Number.POSITIVE_INFINITY) this.#wake = clock.after(waitMs, () => this.#pump());
  }

  /** 0: one was sent; a number: ms to wait; undefined: nothing to send. */
  #sendLive(nowMs: number): number | undefined {
    const item = this.#line.firstLive;
    if (!item) return undefined;
    const wait = this.#takeToken(nowMs, false);
    if (wait > 0) return wait;
    this.#line.takeLive(item);
    this.#sendOne(item);
    return 0;
  }

  #sendReplay(nowMs: number): number | undefined {
    const { limits, publishMany } = this.#active?.link ?? {};
    if (!limits || this.#batch.isUnderWay || this.#active?.signal.aborted) return undefined;
    const isGap = this.#deps.store.gap !== undefined && !this.#isGapUnderWay();
    const left = this.replayLeft;
    // Nothing to replay: the log is not even looked at.
    const head = isGap || left === 0 ? undefined : this.#line.firstReady(READ_AHEAD);
    if (left === 0) this.#batch.isOn = false;
    if (!isGap && !head) return undefined;
    const isSuspect = head !== undefined && this.#suspects.has(head.seq);
    // Once begun, batches take the backlog to its end: singly the last ones would take longer than all before.
    if (limits.batch && left > limits.batch.fromBacklog) this.#batch.isOn = true;
    if (limits.batch && publishMany && this.#batch.isOn && !isGap && !isSuspect) {
      const wait = this.#batch.nextAtMs - nowMs;
      if (wait > 0) return wait;
      this.#sendBatch(nowMs, limits.batch);
      return undefined;
    }
    const flying = [...this.#inFlight.values()].filter(({ isLive }) => !isLive);
    // One place of the window is for what happens now.
    if (flying.length >= Math.max(1, limits.window - 1) || this.#inFlight.size >= limits.window) return undefined;
    if (flying.some(({ seq }) => this.#suspects.has(seq)) || (isSuspect && flying.length > 0)) return undefined;
    const wait = this.#takeToken(nowMs, true);
    if (wait > 0) return wait;
    if (isGap) {
      const gap = this.#deps.store.takeGap();
      if (gap) this.#sendOne({ ...this.#deps.gapRecord(gap), from: 'gap', isLate: true, isLive: false });
    } else if (head) {
      this.#line.takeReady();
      this.#sendOne(head);
    }
    return 0;
  }

  #isGapUnderWay(): boolean {
    return [...this.#inFlight.values()].some(({ from }) => from === 'gap');
  }

  #takeToken(nowMs: number, isReplay: boolean): number {
    const limits = this.#active?.link.limits;
    if (!limits || !this.#pace) return 0;
    const wait = paceWaitMs(limits.pace, this.#pace.state, nowMs, isReplay ? reserveOf(limits.pace) : 0);
    if (wait === 0) this.#pace.state = takeToken(limits.pace, this.#pace.state, nowMs);
    return wait;
  }

  #sendBatch(nowMs: number, batch: NonNullable<CloudLink['limits']['batch']>): void {
    const active = this.#active;
    if (!active) return;
    const items: Item[] = [];
    let bytes = BATCH_EXTRA_BYTES;
    while (items.length < batch.maxRecords) {
      const head = this.#line.firstReady(1);
      if (!head || this.#suspects.has(head.seq)) break;
      bytes += Buffer.byteLength(JSON.stringify(head.record)) + BATCH_EXTRA_BYTES;
      if (bytes > batch.maxBytes && items.length > 0) break;
      this.#line.takeReady();
      items.push(head);
    }
    if (items.length === 0) return;
    this.#batch.isUnderWay = true;
    this.#batch.nextAtMs = nowMs + batch.everyMs;
    this.#suspects.sent();
    for (const item of items) this.#inFlight.set(item.seq, item);
    const records = items.map(({ record }) => record);
    void ask(this.#deps, { what: `${records.length} records`, ...active }, (signal) =>
      active.link.publishMany ? active.link.publishMany(records, { signal, isReplay: true }) : Promise.resolve([]),
    ).then((verdicts) => {
      this.#batch.isUnderWay = false;
      this.#batchDone(items, verdicts);
      this.#afterVerdict();
    });
  }

  #batchDone(items: readonly Item[], verdicts: readonly Verdict[] | 'late' | 'lost'): void {
    const all = typeof verdicts === 'string' ? [] : verdicts;
    const isLost = all.some((verdict) => verdict.is === 'link-lost');
    this.#suspects.batchDone(
      items.map(({ seq }) => seq),
      isLost,
    );
    items.forEach((item, i) => {
      const verdict = all[i] ?? (verdicts === 'lost' ? undefined : ({ is: 'timeout' } as const));
      this.#done(item, verdict, { isBatch: true });
    });
  }

  #sendOne(item: Item): void {
    const active = this.#active;
    if (!active) return;
    this.#inFlight.set(item.seq, item);
    this.#suspects.sent();
    const isReplay = item.isLate || !item.isLive;
    void ask(this.#deps, { what: item.record.id, ...active }, (signal) =>
      active.link.publish(item.record, { signal, isReplay }),
    ).then((verdict) => {
      this.#done(item, verdict === 'lost' ? undefined : verdict === 'late' ? { is: 'timeout' } : verdict, {});
      this.#afterVerdict();
    });
  }

  #afterVerdict(): void {
    this.#deps.onChange();
    if (this.#inFlight.size === 0 && !this.#active) this.#onIdle?.();
    this.#pump();
  }

  #done(item: Item, verdict: Verdict | undefined, { isBatch = false }: { isBatch?: boolean }): void {
    const { clock } = this.#deps;
    const oldest = this.#inFlight.keys().next().value;
    this.#inFlight.delete(item.seq);
    if (verdict === undefined) {
      this.#back(item);
      return;
    }
    switch (verdict.is) {
      case 'accepted':
      case 'confirmed':
        this.counts[verdict.is]++;
        this.#holdMs = HOLD_MS.first;
        this.#settle(item);
        return;
      case 'rejected':
        this.counts.rejected++;
        this.#setAside(item, verdict.code, verdict.reason);
        return;
      case 'busy':
        this.#pausedUntilMs = clock.mono() + Math.min(MAX_BUSY_MS, Math.max(1, verdict.retryAfterMs || 1));
        if (item.isLive && item.from === 'log' && this.#active) this.#line.backInFront(item);
        else this.#back(item);
        return;
      case 'timeout':
        this.counts.timeouts++;
        this.#hold(HOLD_MS.first);
        this.#back(item);
        return;
      case 'link-lost':
        this.counts.linkLost++;
        this.#hold(this.#holdMs);
        if (!isBatch && this.#suspects.lost(item.seq, item.seq === oldest))
          this.#setAside(item, 'link-lost', 'the connection ended with it again and again');
        else this.#back(item);
        return;
    }
  }

  /** After a failure the link is left alone for a moment; a lost one that nobody takes away, for a growing one. */
  #hold(ms: number): void {
    const nowMs = this.#deps.clock.mono();
    if (nowMs < this.#heldUntilMs) return;
    this.#heldUntilMs = nowMs + ms;
    this.#holdMs = Math.min(HOLD_MS.cap, ms * 2);
  }

  #settle(item: Item): void {
    const { store } = this.#deps;
    this.#suspects.forget(item.seq);
    if (item.from === 'log') store.settle(item.seq);
    if (item.from !== 'gap') return;
    this.counts.gaps++;
    store.gapTold();
  }

  #setAside(item: Item, code: string, reason: string): void {
    const { clock, quarantine } = this.#deps;
    this.counts.quarantined++;
    // Kept as one under way until its file is there, so that a crash before that finds it in the log.
    this.#inFlight.set(item.seq, item);
    void quarantine.add({ record: item.record, code, reason, atUtcMs: clock.wall() }).then(() => {
      this.#inFlight.delete(item.seq);
      this.#settle(item);
      this.#afterVerdict();
    });
  }

  /** It stays, and is tried again. */
  #back(item: Item): void {
    if (item.from === 'gap') this.#deps.store.gapNotTold();
    else if (!this.#line.back(item)) this.#suspects.forget(item.seq);
  }

  /** The backlog can be read again. */
  resume(): void {
    this.#pump();
  }

  /** The links are over. */
  stop(): void {
    this.#wake?.cancel();
  }
}
