// When the backlog goes in batches, and what is in the next one.
//
//   singly ── more wait than `fromBacklog` ──> batches ── none waits any more ──> singly
//   batches ── two in a row bring nothing, or a fourth refusal without one taken ──> singly for 5 min, 10 min … 1 h
import type { CloudLink } from '../core/index.js';
import type { Item, LineUp } from './line-up.js';
import type { Suspects } from './suspects.js';

type Limits = NonNullable<CloudLink['limits']['batch']>;

const OFF_MS = { first: 300_000, cap: 3_600_000 };
const MAX_REFUSED = 3;
/** Of the JSON around the records of a batch, for each. */
const EXTRA_BYTES = 2;

export class Batching {
  isUnderWay = false;
  #isOn = false;
  #nextAtMs = 0;
  #offUntilMs = 0;
  #offMs = OFF_MS.first;
  #refused = 0;

  /** Ms until the next one may go; undefined: the backlog goes singly. */
  waitMs(nowMs: number, left: number, limits: Limits): number | undefined {
    // Once begun, batches take the backlog to its end: singly the last ones would take longer than all before.
    if (left === 0) this.#isOn = false;
    if (left > limits.fromBacklog) this.#isOn = true;
    return this.#isOn && nowMs >= this.#offUntilMs ? Math.max(0, this.#nextAtMs - nowMs) : undefined;
  }

  take(line: LineUp, suspects: Suspects, limits: Limits): Item[] {
    const items: Item[] = [];
    let bytes = EXTRA_BYTES;
    while (items.length < limits.maxRecords) {
      const head = line.firstReady(1);
      if (!head || suspects.has(head.seq)) break;
      bytes += Buffer.byteLength(JSON.stringify(head.record)) + EXTRA_BYTES;
      if (bytes > limits.maxBytes && items.length > 0) break;
      line.takeReady();
      items.push(head);
    }
    return items;
  }

  began(nowMs: number, limits: Limits): void {
    this.isUnderWay = true;
    this.#nextAtMs = nowMs + limits.everyMs;
  }

  accepted(): void {
    this.#refused = 0;
    this.#offMs = OFF_MS.first;
  }

  /** One of a batch was refused; true when it may be put aside, false when it has to be tried singly. */
  refused(nowMs: number): boolean {
    if (++this.#refused <= MAX_REFUSED) return true;
    this.failed(nowMs);
    return false;
  }

  failed(nowMs: number): void {
    if (nowMs < this.#offUntilMs) return;
    this.#offUntilMs = nowMs + this.#offMs;
    this.#offMs = Math.min(OFF_MS.cap, this.#offMs * 2);
  }
}
