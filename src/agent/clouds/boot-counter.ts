// How often the gateway has been started: part of every record's id, so that two starts never give the same id.
//
// Where nothing kept says how far the count was, a number is drawn from the upper half instead: a first start and one
// whose state is damaged or was wiped look the same, and the cloud may know ids with small numbers. The count goes on from
// there.
import { randomInt } from 'node:crypto';
import type { Logger } from '../../core/index.js';
import type { Codec, Slot } from '../../vault/index.js';

/** Records keep it in 32 bits. */
const END = 2 ** 32;
const UPPER_HALF = 2 ** 31;
/** Starts that a drawn number leaves room for. */
const ROOM = 2 ** 24;

export const bootCounterCodec: Codec<number> = {
  encode: (boot) => ({ boot }),
  decode(data) {
    const { boot } = data as { boot?: unknown };
    if (typeof boot !== 'number' || !Number.isSafeInteger(boot) || boot < 0) throw new Error('boot is no whole number');
    return boot;
  },
};

const drawn = (): number => randomInt(UPPER_HALF, END - ROOM);

/**
 * Counts this start and returns its number. `floor`: the highest number found in the logs; the count never goes on below
 * it. On a disk that takes nothing the number is drawn, and the next counted one goes on from the last that was kept.
 */
export async function countBoot(slot: Slot<number>, floor: number, log: Logger, draw = drawn): Promise<number> {
  try {
    const kept = await slot.read();
    // The previous generation: the number after it may have been used.
    const next = kept && Math.max(kept.value + (kept.generation === 'previous' ? 2 : 1), floor + 1);
    const boot = next === undefined || next >= END ? draw() : next;
    await slot.write(boot);
    return boot;
  } catch (error) {
    log.warn('outbox.boot-not-counted', { error }, 'Record ids of this run begin with a number drawn at random.');
    return draw();
  }
}
