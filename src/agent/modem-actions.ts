// What a running agent does for people at its door: one guarded command, and its dialogue. The guard is here, whatever
// the client has checked.
import { commandLimitMs, type Modem } from '../modem/index.js';
import type { StatusActions } from '../status/index.js';
import { assertMaySend } from './inspect-modem.js';
import { shownText, type Trace } from './trace.js';

/** The actions of an agent with this modem; `trace` is fed by the modem's transcript. */
export function createModemActions(deps: { modem: Pick<Modem, 'run'>; trace: Trace }): StatusActions {
  const { modem, trace } = deps;
  return {
    async modemAt(request, signal) {
      assertMaySend(request);
      const { command, timeoutMs } = request;
      const text = command.trim();
      // Shorter than the command's own ceiling would only leave it open: who waits is told, the module is not hurried.
      const deadlineMs = Math.max(commandLimitMs(text), timeoutMs ?? 0);
      const { lines, final } = await modem.run(text, { signal, deadlineMs });
      return { lines: lines.map(shownText), final: shownText(final) };
    },
    followTrace: (onLine) => trace.follow(onLine),
  };
}
