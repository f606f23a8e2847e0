// `waymark modem trace`: the AT dialogue as it goes. Of the running agent, else of a look of our own and whatever the
// module says by itself afterwards.
import { createClock, EXIT, linkedController } from '../core/index.js';
import { followTrace, type TraceLine } from '../status/index.js';
import { createProgress, findModem, type ModemFlags, reportFailure } from './modem-access.js';
import { inspectModem, shownText } from './modem-tools.js';
import { onStopSignal } from './on-stop.js';
import { printJson, stderr, stdout } from './output.js';

export interface ModemTraceOptions extends ModemFlags {
  forMs: number | undefined;
}

/** `11:02:33.120 > AT+CSQ`, time in UTC. */
export function traceText({ atMs, direction, text }: TraceLine): string {
  const time = Number.isFinite(atMs) ? new Date(atMs).toISOString().slice(11, 23) : '--:--:--.---';
  return `${time} ${direction === '>' ? '>' : '<'} ${shownText(text)}`;
}

/** 0 when it was told to end (Ctrl-C, --for, nobody reads); else the exit code of what ended it. */
export async function modemTrace(options: ModemTraceOptions): Promise<number> {
  const { json, forMs } = options;
  const clock = createClock();
  using stop = linkedController();
  using progress = createProgress(clock);
  const limit = forMs === undefined ? undefined : clock.deadline(forMs, () => stop.abort());
  const off = onStopSignal(() => stop.abort());
  // A reader such as `head` that has seen enough.
  const onGone = (): void => stop.abort();
  process.stdout.on('error', onGone);
  const { signal } = stop;
  const isOver = (): boolean => signal.aborted;
  const onLine = (line: TraceLine): void => {
    progress.spoken();
    if (json) printJson({ atMs: line.atMs, direction: line.direction, text: shownText(line.text) });
    else stdout.write(`${traceText(line)}\n`);
  };
  const onDropped = (count: number): void => {
    if (json) printJson({ dropped: count });
    else stderr.write(`… ${count} lines are missing: they were read too slowly\n`);
  };
  // From then on silence only means that nobody talks.
  const listening = (what: string): void => {
    progress[Symbol.dispose]();
    stderr.write(`${what}\n`);
  };
  try {
    const { runtimeDir, status, access } = await findModem(options, clock);
    if (isOver()) return EXIT.ok;
    if (status) {
      const onOpen = (): void => listening('Following the running agent; Ctrl-C ends.');
      await followTrace(runtimeDir, clock, { onLine, onDropped, onOpen, signal });
    } else {
      const onReport = (): void => listening('Listening to what the module says by itself; Ctrl-C ends.');
      await inspectModem(
        { ...access, signal, onLine, onStage: progress.stage },
        { showIdentifiers: false, stay: signal, onReport },
      );
    }
    return EXIT.ok;
  } catch (error) {
    return isOver() ? EXIT.ok : reportFailure(error, json);
  } finally {
    limit?.cancel();
    off();
    process.stdout.off('error', onGone);
  }
}
