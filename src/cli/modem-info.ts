// `waymark modem info`: what is known of the module, from the running agent or, without one, from the module itself.
import { createClock, EXIT, linkedController } from '../core/index.js';
import { createProgress, findModem, type ModemFlags, reportFailure } from './modem-access.js';
import { inspectModem, type ModemReport, reportFromStatus } from './modem-tools.js';
import { describeModem } from './modem-words.js';
import { onStopSignal } from './on-stop.js';
import { printJson, stderr, stdout } from './output.js';

/** 0 with a report, whatever it says; else the exit code of what kept us from one. */
export async function modemInfo(flags: ModemFlags & { identifiers: boolean }): Promise<number> {
  const clock = createClock();
  using stop = linkedController();
  using progress = createProgress(clock);
  const off = onStopSignal(() => stop.abort());
  try {
    const { status, access } = await findModem(flags, clock);
    let report: ModemReport | undefined;
    if (status) {
      report = reportFromStatus(status);
      if (flags.identifiers)
        stderr.write(
          'The running agent shortens identifiers unless log.identifiers is true. To read them in full here, stop it first.\n',
        );
    }
    report ??= await inspectModem(
      { ...access, signal: stop.signal, onStage: progress.stage },
      { showIdentifiers: flags.identifiers },
    );
    if (flags.json) printJson(report);
    else stdout.write(describeModem(report));
    return EXIT.ok;
  } catch (error) {
    return reportFailure(error, flags.json);
  } finally {
    off();
  }
}
