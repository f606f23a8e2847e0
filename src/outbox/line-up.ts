// Who is next: the live records, the newest of each kind of class B, and what was read from the log or came back.
import type { CloudRecord } from '../core/index.js';
import type { RecordTime } from './retention.js';
import type { Store } from './store.js';

const LIVE_MAX = 64;

export interface Item {
  record: CloudRecord;
  seq: number;
  from: 'log' | 'newest' | 'gap';
  /** Sent before, or waited while no link was there. */
  isLate: boolean;
  /** Put while the link was up: it goes ahead of the backlog. */
  isLive: boolean;
}

const insert = (list: Item[], item: Item): void => {
  const at = list.findIndex(({ seq }) => seq > item.seq);
  list.splice(at < 0 ? list.length : at, 0, item);
};

export class LineUp {
  readonly #store: Store;
  readonly #isTooOld: (time: RecordTime) => boolean;
  readonly #isUnderWay: (seq: number) => boolean;
  #live: Item[] = [];
  /** Read ahead in the log or sent in vain, by number. */
  #ready: Item[] = [];
  /** Tried in vain; another goes first, because it may not be theirs. */
  readonly #deferred: Item[] = [];
  readonly #newest = new Map<string, Item>();

  constructor(deps: {
    store: Store;
    isTooOld: (time: RecordTime) => boolean;
    isUnderWay: (seq: number) => boolean;
  }) {
    this.#store = deps.store;
    this.#isTooOld = deps.isTooOld;
    this.#isUnderWay = deps.isUnderWay;
  }

  get liveCount(): number {
    return this.#live.length;
  }

  get newestCount(): number {
    return this.#newest.size;
  }

  /** More than 64 are not ahead of the backlog but part of it. */
  addLive(record: CloudRecord, seq: number): void {
    if (this.#live.length < LIVE_MAX) this.#live.push({ record, seq, from: 'log', isLate: false, isLive: true });
  }

  addNewest(record: CloudRecord, seq: number, isLate: boolean): void {
    this.#newest.set(record.kind, { record, seq, from: 'newest', isLate, isLive: true });
  }

  dropNewest(): number {
    const { size } = this.#newest;
    this.#newest.clear();
    return size;
  }

  /** The live record, or newest of class B, that was put first. */
  get firstLive(): Item | undefined {
    let first = this.#live[0];
    for (const item of this.#newest.values()) if (!first || item.seq < first.seq) first = item;
    return first;
  }

  takeLive(item: Item): void {
    if (item.from === 'newest') this.#newest.delete(item.record.kind);
    else this.#live.shift();
  }

  /** The oldest of the backlog, after reading up to `ahead` of them from the log. */
  firstReady(ahead: number): Item | undefined {
    const isOwned = (seq: number): boolean => this.#isUnderWay(seq) || this.#live.some((item) => item.seq === seq);
    for (;;) {
      while (this.#ready.length < ahead) {
        const record = this.#store.next(isOwned);
        if (!record) break;
        this.#ready.push({ record, seq: this.#store.nextSeq - 1, from: 'log', isLate: true, isLive: false });
      }
      // Nothing else is left to be tried.
      const head = this.#ready[0] ?? this.#undefer();
      if (!head) return undefined;
      const isSettled = this.#store.isSettled(head.seq);
      if (!isSettled && !this.#isTooOld(head.record)) return head;
      // Dropped meanwhile to make room, or too old to be told.
      this.#ready.shift();
      if (isSettled) continue;
      this.#store.settle(head.seq);
      this.#store.addGap({ firstId: head.record.id, lastId: head.record.id, count: 1, reason: 'age' });
    }
  }

  takeReady(): void {
    this.#ready.shift();
  }

  /** It stays, and is tried again. False when nobody will: a newer one of its kind has come. */
  back(item: Item): boolean {
    item.isLate = true;
    if (item.from === 'newest') {
      if (this.#newest.has(item.record.kind)) return false;
      this.#newest.set(item.record.kind, item);
      return true;
    }
    item.isLive = false;
    // What the reader has not come to yet it will find by itself.
    if (item.seq < this.#store.nextSeq && !this.#store.isSettled(item.seq)) insert(this.#ready, item);
    return true;
  }

  /** As `back`, but behind all others until one of them has been taken. False as there. */
  defer(item: Item): boolean {
    if (item.from !== 'log' || item.seq >= this.#store.nextSeq) return this.back(item);
    item.isLate = true;
    item.isLive = false;
    this.#deferred.push(item);
    return true;
  }

  /** Another has been taken: those that wait for that are next. */
  endDeferral(): void {
    for (const item of this.#deferred.splice(0)) insert(this.#ready, item);
  }

  #undefer(): Item | undefined {
    const item = this.#deferred.shift();
    if (item) this.#ready.push(item);
    return item;
  }

  /** Not refused, only not now: a live record keeps its place. */
  backInFront(item: Item): void {
    item.isLate = true;
    insert(this.#live, item);
  }

  /** The link is gone: what was live is backlog now. */
  endLive(): void {
    for (const item of this.#live.splice(0)) this.back(item);
    for (const item of this.#newest.values()) item.isLate = true;
  }
}
