// `waymark ztp show`: what provisioning has brought, from the running agent.
import { createClock, EXIT } from '../core/index.js';
import { fetchStatus } from '../status/index.js';
import { reportFailure } from './modem-access.js';
import { printJson, stdout } from './output.js';
import { runtimeDirOf, type WhereOptions } from './where.js';
import { describeIdentity, hasIdentity } from './ztp-words.js';

const NO_IDENTITY = 1;

/** 0 with an identity, 1 without, else the exit code of what kept us from knowing. */
export async function ztpShow(options: WhereOptions): Promise<number> {
  try {
    const status = await fetchStatus(await runtimeDirOf(options), createClock());
    if (options.json) printJson(status.identity);
    else stdout.write(describeIdentity(status));
    return hasIdentity(status) ? EXIT.ok : NO_IDENTITY;
  } catch (error) {
    return reportFailure(error, options.json);
  }
}
