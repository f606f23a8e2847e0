// Waiting for serial ports to come, go or change behind their names: a few stats four times a second.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { abortReason, type Clock, onAbort } from '../../core/index.js';
import type { Roots } from '../../link/index.js';

const POLL_MS = 250;
/** A module's ports appear one after the other, and udev sets permissions last. */
const SETTLE_LIMIT_MS = 2000;
const MAX_NAMES = 512;
/** Virtual terminals and the like: never a device's. */
const NO_DEVICE = /^(?:tty\d*|console|ptmx)$/;

/** Which node stands at the path; undefined when none can be reached (absent, a dangling or circular link, no access). */
export function nodeAt(path: string): string | undefined {
  try {
    const node = statSync(path);
    return `${node.dev}:${node.ino}:${node.rdev}:${node.ctimeMs}`;
  } catch {
    return undefined;
  }
}

/** One text for all serial ports and the nodes behind their names: another text, another list. */
export function portsMark(roots: Roots): string {
  try {
    return readdirSync(join(roots.sys, 'class', 'tty'))
      .filter((name) => !NO_DEVICE.test(name))
      .sort()
      .slice(0, MAX_NAMES)
      .map((name) => `${name}=${nodeAt(join(roots.dev, name)) ?? ''}`)
      .join(' ');
  } catch {
    return '';
  }
}

/** Resolves after `ms` of clock time, but not before a poll's device time is over unless `ms` is shorter. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const done = (): void => {
      poll.cancel();
      short?.cancel();
      off();
      resolve();
    };
    const poll = clock.deadline(POLL_MS, done);
    const short = ms < POLL_MS ? clock.after(ms, done) : undefined;
    const off = onAbort(signal, () => {
      poll.cancel();
      short?.cancel();
      reject(abortReason(signal));
    });
  });
}

export interface ChangeWatch {
  clock: Clock;
  signal: AbortSignal;
  /** What is watched, as text. */
  mark: () => string;
  /** The mark when the port was last tried; another one now is a change, too. */
  since: string | undefined;
  /** Is there anything worth trying? Only then does the wait end by time. */
  isThere: () => Promise<boolean>;
  waitMs: number;
}

/** Resolves soon after a change that leaves something to try, or after `waitMs` while there is something all along. */
export async function untilChanged({ clock, signal, mark, since, isThere, waitMs }: ChangeWatch): Promise<void> {
  const endMonoMs = clock.mono() + waitMs;
  let seen = mark();
  let there = await isThere();
  let hasChanged = since !== undefined && since !== seen;
  for (;;) {
    if (hasChanged) {
      seen = await settled(clock, signal, mark);
      there = await isThere();
      if (there) return;
    }
    const leftMs = there ? endMonoMs - clock.mono() : Number.POSITIVE_INFINITY;
    if (leftMs <= 0) return;
    await pause(clock, leftMs, signal);
    hasChanged = mark() !== seen;
  }
}

/** The mark once it has stood still for one poll. */
async function settled(clock: Clock, signal: AbortSignal, mark: () => string): Promise<string> {
  const endMonoMs = clock.mono() + clock.ioBudgetMs(SETTLE_LIMIT_MS);
  let seen = mark();
  for (;;) {
    await pause(clock, Number.POSITIVE_INFINITY, signal);
    const now = mark();
    if (now === seen || clock.mono() >= endMonoMs) return now;
    seen = now;
  }
}
