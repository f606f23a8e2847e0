// How often the gateway has been started: part of every record's id, so that two starts never give the same id.
import type { Logger } from '../../core/index.js';
import type { Codec, Slot } from '../../vault/index.js';

export const bootCounterCodec: Codec<number> = {
  encode: (boot) => ({ boot }),
  decode(data) {
    const { boot } = data as { boot?: unknown };
    if (typeof boot !== 'number' || !Number.isSafeInteger(boot) || boot < 0) throw new Error('boot is no whole number');
    return boot;
  },
};

/**
 * Counts this start and returns its number. On a disk that takes nothing the number is made of the time instead: it is
 * larger than any counted one, and the next counted one goes on from the last that was kept.
 */
export async function countBoot(slot: Slot<number>, wallMs: number, log: Logger): Promise<number> {
  const fallback = Math.floor(wallMs / 1000);
  try {
    const boot = ((await slot.read())?.value ?? 0) + 1;
    await slot.write(boot);
    return boot;
  } catch (error) {
    log.warn('outbox.boot-not-counted', { error }, 'Record ids of this run are made of the time.');
    return fallback;
  }
}
