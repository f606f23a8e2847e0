// What of the log cannot be read just now: no descriptor left, no memory, an I/O error, no permission. Nothing is lost by
// that: the backlog waits, and is read again after 0.1 s, 0.2 s … 30 s. After ten tries (a minute and a half) the rest goes
// on without these files; they stay where they are for the next start, or for the next link if nothing was read till then.
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../core/index.js';
import type { UnreadFiles } from './find.js';

const PAUSE_MS = { first: 100, cap: 30_000 };
const MAX_TRIES = 10;
/** The file is not there, is shorter than what was written, or is none: nothing changes that. */
const LASTING = ['', 'ENOENT', 'ENODATA', 'EINVAL', 'EISDIR', 'ELOOP', 'ENXIO'];

/** Whether a read that failed like this may go well later. */
export const mayPass = (code: string): boolean => !LASTING.includes(code);

export class Unread {
  readonly #clock: Clock;
  readonly #hooks: { read: (files: UnreadFiles) => boolean; onOver: () => void };
  readonly #files: UnreadFiles[];
  #tries = 0;
  #timer: Timer | undefined;
  #isTrying = false;
  #isStopped = false;

  constructor(
    clock: Clock,
    files: readonly UnreadFiles[],
    hooks: { read: (files: UnreadFiles) => boolean; onOver: () => void },
  ) {
    this.#clock = clock;
    this.#files = [...files];
    this.#hooks = hooks;
    if (this.#isWaiting()) this.pause();
  }

  /** Nothing of the log may be handed out now. */
  get isPaused(): boolean {
    return this.#timer !== undefined || this.#isTrying;
  }

  get count(): number {
    return this.#files.reduce((sum, { names }) => sum + names.length, 0);
  }

  /** Numbers from here on are still open. */
  get firstSeq(): number | undefined {
    return this.#files.length === 0 ? undefined : Math.min(...this.#files.map(({ firstSeq }) => firstSeq));
  }

  has(name: string): boolean {
    return this.#files.some(({ names }) => names.includes(name));
  }

  #isWaiting(): boolean {
    return this.#files.some(({ isLeft }) => !isLeft);
  }

  /** After a read that failed. False: it was tried often enough. */
  pause(): boolean {
    if (this.#isStopped) return true;
    if (this.#tries >= MAX_TRIES) {
      this.#tries = 0;
      return false;
    }
    const waitMs = Math.min(PAUSE_MS.cap, PAUSE_MS.first * 2 ** this.#tries);
    this.#tries++;
    this.#timer ??= this.#clock.after(waitMs, () => {
      this.#timer = undefined;
      void this.#again();
    });
    return true;
  }

  wasRead(): void {
    this.#tries = 0;
  }

  /** Tried often enough: the rest goes on without it. */
  leave(files: UnreadFiles): void {
    this.#files.push(files);
  }

  /** From the beginning; only while nothing was read, because records are handed out in order. */
  startOver(): void {
    if (this.isPaused) return;
    for (const files of this.#files) files.isLeft = files.isNewer;
    if (this.#isWaiting()) this.pause();
  }

  async #again(): Promise<void> {
    this.#isTrying = true;
    if (this.#isWaiting()) {
      for (const files of this.#files.filter(({ isLeft }) => !isLeft)) {
        if (this.#isStopped) return;
        if (this.#hooks.read(files)) this.#files.splice(this.#files.indexOf(files), 1);
        await turn();
      }
      if (!this.#isWaiting()) this.wasRead();
      else if (!this.pause()) for (const files of this.#files) files.isLeft = true;
    }
    this.#isTrying = false;
    if (!this.isPaused && !this.#isStopped) this.#hooks.onOver();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
