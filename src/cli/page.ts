// `waymark page` says where the running agent's page is; `waymark page share` shows it on the local network for a while.
import { createClock, EXIT, exitCodeOf, linkedController, toWaymarkError, WaymarkError } from '../core/index.js';
import { fetchStatus } from '../status/index.js';
import { onStopSignal } from './on-stop.js';
import { explainFailure, printJson, stdout } from './output.js';
import { runShare } from './share-process.js';
import { runtimeDirOf, sameAgent, type WhereOptions } from './where.js';

const SWITCH_ON = 'status:\n  http:\n    port: 8787\n';

/** 0 with an address, 75 without an agent or where the page is not switched on. */
export async function page(options: WhereOptions): Promise<number> {
  try {
    const { page: where } = await fetchStatus(await runtimeDirOf(options), createClock());
    if (options.json) printJson(where ? { page: where } : { page: null });
    else if (where) {
      stdout.write(`The page is at ${where.url}\n`);
      stdout.write(`Its buttons want the token in ${where.tokenFile} (readable for the service user only).\n`);
      stdout.write(`For a phone on the local network: waymark page share${sameAgent(options)}\n`);
    } else {
      stdout.write(
        `The page is not switched on. Put this into the configuration, then \`waymark do reload-config${sameAgent(options)}\`:\n`,
      );
      stdout.write(`\n${SWITCH_ON}\n`);
      stdout.write(`\`waymark page share${sameAgent(options)}\` shows it on the local network without that.\n`);
    }
    return where ? EXIT.ok : EXIT.tryAgain;
  } catch (error) {
    return failed(error, options.json);
  }
}

export interface ShareOptions extends WhereOptions {
  forMs: number;
  host?: string;
  port: string;
  readOnly: boolean;
}

const MAX_MS = 24 * 3_600_000;

/** 0 when its time is over or it was stopped. */
export async function pageShare(options: ShareOptions): Promise<number> {
  using stop = linkedController();
  const off = onStopSignal(() => stop.abort());
  try {
    const port = Number(options.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new WaymarkError('cli.usage', `not a port: ${options.port}`);
    if (options.forMs < 1000 || options.forMs > MAX_MS)
      throw new WaymarkError('cli.usage', 'a page is shared for a second to a day');
    const runtimeDir = await runtimeDirOf(options);
    // Said before anything is opened.
    await fetchStatus(runtimeDir, createClock());
    const { forMs, host, readOnly, json } = options;
    return await runShare(
      { runtimeDir, forMs, port, readOnly, json, ...(host === undefined ? {} : { host }) },
      stop.signal,
    );
  } catch (error) {
    return failed(error, options.json);
  } finally {
    off();
  }
}

function failed(error: unknown, json: boolean): number {
  const { code, message, hint } = toWaymarkError(error);
  if (json) printJson({ error: { code, message, hint } });
  else explainFailure(error);
  return exitCodeOf(error);
}
