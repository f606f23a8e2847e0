// Hands records to a link: what is live first, then the backlog oldest first, within the link's limits.
//
//   put while draining ──> live (64 at most) ──────────┐   first, in order among themselves
//   class B, newest of its kind ───────────────────────┤   pace: leaves nothing to be waited for
//   gap record, suspects, then the log ──> ready ──────┘   singly (all but one of the window), or in batches
//                                            ^
//        timeout, link-lost ─────────────────┘   busy: everything waits, nothing is counted
//
// What becomes of a record: outcomes.ts. When many are sent at once: batching.ts.
import {
  aborted,
  type Clock,
  type CloudLink,
  type CloudRecord,
  type ErrorCode,
  type Logger,
  linkedController,
  type Timer,
  type Verdict,
} from '../core/index.js';
import { ask } from './ask.js';
import { Batching } from './batching.js';
import { Holds } from './holds.js';
import { type Item, LineUp } from './line-up.js';
import { Outcomes, type SenderCounts } from './outcomes.js';
import { type PaceState, paceWaitMs, reserveOf, startPace, takeToken } from './pace.js';
import type { Quarantine } from './quarantine.js';
import type { Gap, RecordTime } from './retention.js';
import type { Store } from './store.js';
import { Suspects } from './suspects.js';

const READ_AHEAD = 16;
/** What is lost or put aside in a row is told at once. */
const GAP_EVERY_MS = 10_000;
/** After the link's end its last verdicts are waited for so long: what it knows saves duplicates. */
const GRACE_MS = 1000;

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
  readonly #deps: SenderDeps;
  #active: { link: CloudLink; signal: AbortSignal; grace: AbortSignal } | undefined;
  #ended: Promise<void> | undefined;
  readonly #line: LineUp;
  readonly #inFlight = new Map<number, Item>();
  readonly #suspects = new Suspects();
  readonly #batching = new Batching();
  readonly #holds = new Holds();
  readonly #outcomes: Outcomes;
  #pace: { key: string; state: PaceState } | undefined;
  #gapFromMs = 0;
  #wake: Timer | undefined;
  #onIdle: (() => void) | undefined;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
    this.#line = new LineUp({ ...deps, isUnderWay: (seq) => this.#inFlight.has(seq) });
    this.#outcomes = new Outcomes({
      ...deps,
      line: this.#line,
      inFlight: this.#inFlight,
      suspects: this.#suspects,
      holds: this.#holds,
      batching: this.#batching,
      onPutAside: () => this.#afterVerdict(),
    });
  }

  get counts(): SenderCounts {
    return this.#outcomes.counts;
  }

  get isDraining(): boolean {
    return this.#active !== undefined;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Why what waits is not taken, while there is a link; undefined when all is well. */
  get heldReason(): ErrorCode | undefined {
    return this.#active || this.#holds.isProbing ? this.#holds.reason : undefined;
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
    let waitMs = this.#holds.untilMs - nowMs;
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
    if (!item || (this.#holds.isProbing && this.#inFlight.size > 0)) return undefined;
    const wait = this.#takeToken(nowMs, false);
    if (wait > 0) return wait;
    this.#line.takeLive(item);
    this.#sendOne(item);
    return 0;
  }

  #sendReplay(nowMs: number): number | undefined {
    const { limits, publishMany } = this.#active?.link ?? {};
    if (!limits || this.#batching.isUnderWay || this.#active?.signal.aborted) return undefined;
    const { isProbing } = this.#holds;
    if (isProbing && this.#inFlight.size > 0) return undefined;
    const isGapOpen = this.#deps.store.gap !== undefined && !this.#isGapUnderWay();
    const isGap = isGapOpen && nowMs >= this.#gapFromMs;
    const left = this.replayLeft;
    // Nothing to replay: the log is not even looked at.
    const head = isGap || left === 0 ? undefined : this.#line.firstReady(READ_AHEAD);
    const batchMs = limits.batch && this.#batching.waitMs(nowMs, left, limits.batch);
    if (!isGap && !head) return isGapOpen ? this.#gapFromMs - nowMs : undefined;
    const isSuspect = head !== undefined && this.#suspects.has(head.seq);
    if (limits.batch && publishMany && batchMs !== undefined && !isProbing && !isGap && !isSuspect) {
      if (batchMs > 0) return batchMs;
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
      this.#gapFromMs = nowMs + GAP_EVERY_MS;
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
    const items = this.#batching.take(this.#line, this.#suspects, batch);
    if (items.length === 0) return;
    this.#batching.began(nowMs, batch);
    this.#suspects.sent();
    for (const item of items) this.#inFlight.set(item.seq, item);
    const records = items.map(({ record }) => record);
    void ask(
      this.#deps,
      { what: `${records.length} records`, patienceMs: active.link.limits.patienceMs, ...active },
      (signal) =>
        active.link.publishMany ? active.link.publishMany(records, { signal, isReplay: true }) : Promise.resolve([]),
    ).then((verdicts) => {
      this.#batching.isUnderWay = false;
      this.#batchDone(items, verdicts);
      this.#afterVerdict();
    });
  }

  #batchDone(items: readonly Item[], verdicts: readonly Verdict[] | 'late' | 'lost'): void {
    const all = typeof verdicts === 'string' ? [] : verdicts;
    const has = (...kinds: Verdict['is'][]): boolean => all.some((verdict) => kinds.includes(verdict.is));
    const isFruitless = verdicts === 'late' || (has('timeout') && !has('accepted', 'confirmed', 'rejected'));
    const isLost = has('link-lost');
    const seqs = items.map(({ seq }) => seq);
    const isSingly = this.#suspects.batchDone(seqs, isLost ? 'lost' : isFruitless ? 'fruitless' : 'good');
    if (isSingly && !isLost) this.#batching.failed(this.#deps.clock.mono());
    items.forEach((item, i) => {
      const verdict = all[i] ?? (verdicts === 'lost' ? undefined : ({ is: 'timeout' } as const));
      this.#outcomes.done(item, verdict, { isBatch: true, isLinkUp: this.isDraining });
    });
  }

  #sendOne(item: Item): void {
    const active = this.#active;
    if (!active) return;
    this.#inFlight.set(item.seq, item);
    this.#suspects.sent();
    const isReplay = item.isLate || !item.isLive;
    void ask(this.#deps, { what: item.record.id, patienceMs: active.link.limits.patienceMs, ...active }, (signal) =>
      active.link.publish(item.record, { signal, isReplay }),
    ).then((verdict) => {
      const word = verdict === 'lost' ? undefined : verdict === 'late' ? ({ is: 'timeout' } as const) : verdict;
      this.#outcomes.done(item, word, { isBatch: false, isLinkUp: this.isDraining });
      this.#afterVerdict();
    });
  }

  #afterVerdict(): void {
    this.#deps.onChange();
    if (this.#inFlight.size === 0 && !this.#active) this.#onIdle?.();
    this.#pump();
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
