// Two small clocks of the agent: the second, and the moment a lamp turns lit.
import type { Clock } from '../core/index.js';
import type { LampName } from '../status/index.js';
import type { LampBoard } from './lamp-board.js';

const TICK_MS = 1000;

/** Calls `fn` once a second of device time; returns the stop. */
export function everySecond(clock: Clock, fn: () => void): () => void {
  let timer = clock.deadline(TICK_MS, function next() {
    fn();
    timer = clock.deadline(TICK_MS, next);
  });
  return () => timer.cancel();
}

/** Calls `fn` when the lamp turns lit. */
export function wakeOnRise(lamps: LampBoard, name: LampName, fn: () => void): () => void {
  let was = lamps.isLit(name);
  return () => {
    const is = lamps.isLit(name);
    if (is && !was) fn();
    was = is;
  };
}
