// Tells the cloud that a method is still being run: whoever called it sees that it was heard, long before its answer
// (mailbox.update, specs/devicewise.md 2.5). Only a word on the way, so it is not kept and nothing waits for it.
import { type Clock, linkedController, type MethodCall, type Timer } from '../../core/index.js';
import type { Tr50Road } from './types.js';

/** What is done by then needs no word. */
const FIRST_MS = 2000;
const EVERY_MS = 30_000;
const MAX_NAME = 64;

/**
 * Runs `work`, and says over the road of the moment (where there is one) how long it has been under way. From `ended` on
 * nothing more is said: an answer that is kept may be sent before whoever keeps it has come back.
 */
export async function withProgress(
  clock: Clock,
  road: () => Pick<Tr50Road, 'request'> | undefined,
  call: Pick<MethodCall, 'id' | 'method'>,
  work: (ended: () => void) => Promise<void>,
): Promise<void> {
  const beganMonoMs = clock.mono();
  using scope = linkedController();
  let timer: Timer | undefined;
  const tellIn = (ms: number): void => {
    timer = clock.after(ms, () => {
      const seconds = Math.round((clock.mono() - beganMonoMs) / 1000);
      const msg = `${call.method.slice(0, MAX_NAME)}: under way for ${seconds} s`;
      void road()?.request([{ command: 'mailbox.update', params: { id: call.id, msg } }], { signal: scope.signal });
      tellIn(EVERY_MS);
    });
  };
  tellIn(FIRST_MS);
  const ended = (): void => timer?.cancel();
  try {
    await work(ended);
  } finally {
    ended();
  }
}
