// `waymark modem at LINE`: one command, through the running agent or on the port itself. Guarded on both ways.
import { createClock, EXIT, linkedController } from '../core/index.js';
import { postModemAt } from '../status/index.js';
import { createProgress, findModem, type ModemFlags, reportFailure } from './modem-access.js';
import { askModem, assertMaySend, shownText } from './modem-tools.js';
import { onStopSignal } from './on-stop.js';
import { printJson, stderr, stdout } from './output.js';

export interface ModemAtOptions extends ModemFlags {
  unsafe: boolean;
  timeoutMs: number | undefined;
}

/** 0 when the module says OK, 64 when the command is refused here, 75 when the module refuses it. */
export async function modemAt(command: string, options: ModemAtOptions): Promise<number> {
  const { unsafe, timeoutMs, json } = options;
  const clock = createClock();
  using stop = linkedController();
  using progress = createProgress(clock);
  const off = onStopSignal(() => stop.abort());
  try {
    const request = { command: command.trim(), unsafe, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    const why = assertMaySend(request);
    if (why !== undefined) stderr.write(`warning: ${why}; sent because of --unsafe\n`);
    const { runtimeDir, status, access } = await findModem(options, clock);
    progress.stage('the module');
    const { lines, final } = status
      ? await postModemAt(runtimeDir, clock, request, stop.signal)
      : await askModem({ ...access, signal: stop.signal, onStage: progress.stage }, request);
    // The agent has made them safe; here they are made safe again, whoever answered.
    const shown = { lines: lines.map(shownText), final: shownText(final) };
    if (json) printJson({ command: shownText(request.command), ...shown, through: status ? 'agent' : 'port' });
    else stdout.write(`${[...shown.lines, shown.final].join('\n')}\n`);
    return EXIT.ok;
  } catch (error) {
    return reportFailure(error, json);
  } finally {
    off();
  }
}
