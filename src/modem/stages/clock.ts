// The network's time, for hosts without a clock of their own.
import { ask, type Session } from '../session.js';
import type { Verdict } from './verdict.js';

/** `+CCLK` of `AT+CCLK?`. */
const sourceOf = (command: string): string => /^AT([+#$^*%&][A-Za-z0-9]+)/i.exec(command)?.[1] ?? command;

/** The first of the family's clocks that is set wins. */
export async function readClock(session: Session, signal: AbortSignal): Promise<Verdict> {
  session.suspects.delete('clock');
  for (const command of session.profile.clock)
    for (const line of (await ask(session, command, signal)) ?? [])
      if (session.noteClock(line, sourceOf(command))) return 'done';
  return 'done';
}
