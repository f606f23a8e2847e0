// `waymark gnss info` and `gnss watch`: the receiver, as the running agent sees it.
import { createClock, EXIT } from '../core/index.js';
import { fetchStatus, type StatusSnapshot } from '../status/index.js';
import { describeReceiver, hasFix } from './gnss-words.js';
import { reportFailure } from './modem-access.js';
import { printJson, stdout } from './output.js';
import { watchStatus } from './watch.js';
import { runtimeDirOf, type WhereOptions } from './where.js';

const NO_FIX = 1;

/** The parts of the status object that are about the receiver. */
const partsOf = ({ receiver, fix, corrections, assistance, position, cellLocate }: StatusSnapshot): unknown => ({
  receiver,
  fix,
  corrections,
  assistance,
  position,
  cellLocate,
});

/** 0 with a fix, 1 without, else the exit code of what kept us from knowing. */
export async function gnssInfo(options: WhereOptions): Promise<number> {
  try {
    const status = await fetchStatus(await runtimeDirOf(options), createClock());
    if (options.json) printJson(partsOf(status));
    else stdout.write(describeReceiver(status));
    return hasFix(status) ? EXIT.ok : NO_FIX;
  } catch (error) {
    return reportFailure(error, options.json);
  }
}

/** 0 once it is stopped; else the exit code of what ended it. */
export async function gnssWatch(options: WhereOptions): Promise<number> {
  try {
    return await watchStatus(await runtimeDirOf(options), options.json, { json: partsOf, text: describeReceiver });
  } catch (error) {
    return reportFailure(error, options.json);
  }
}
