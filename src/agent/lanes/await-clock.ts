// No secure connection is tried while the date is not known; the lamp says so meanwhile.
import { type ClockTrust, WaymarkError } from '../../core/index.js';
import type { LampName } from '../../status/index.js';
import type { LampBoard } from '../lamp-board.js';

export async function awaitClock(
  trust: ClockTrust,
  lamps: LampBoard,
  lamp: LampName,
  signal: AbortSignal,
): Promise<void> {
  const { state, reason } = trust.status();
  if (state === 'trusted') return;
  if (!lamps.isLit(lamp))
    lamps.dark(lamp, new WaymarkError('clock.untrusted', `the clock is not trusted (${reason})`), {
      what: 'goes on as soon as network, receiver or host know the time',
    });
  await trust.whenTrusted(signal);
  if (!lamps.isLit(lamp)) lamps.waiting(lamp);
}
