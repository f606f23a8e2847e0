// Where a modem verb finds the module: the running agent if there is one, else the port itself. And a word on stderr
// while it takes its time.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Config, loadConfig, parseConfig } from '../config/index.js';
import {
  type Clock,
  EXIT,
  exitCodeOf,
  isWaymarkError,
  silentLogger,
  type Timer,
  toWaymarkError,
  WaymarkError,
} from '../core/index.js';
import { fetchStatus, type StatusSnapshot } from '../status/index.js';
import { agentHolding, type ModemAccess } from './modem-tools.js';
import { explainFailure, printJson, stderr } from './output.js';
import { type RootFlags, rootsOf } from './roots.js';

export const DEFAULT_CONFIG = '/etc/waymark/gateway.yaml';

export interface ModemFlags extends RootFlags {
  config: string;
  runtimeDir?: string;
  port?: string;
  json: boolean;
}

/** The configuration without its secrets; undefined when the usual file is not there. Errors: `config.*`. */
async function configOf({ config: name }: ModemFlags): Promise<Config | undefined> {
  const file = resolve(name);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  // A module can be looked at before anything is configured.
  if (text === undefined && name === DEFAULT_CONFIG) return undefined;
  const { config } = parseConfig(text ?? '', file);
  // Loading says what is wrong with it.
  return config ?? loadConfig(file, { env: process.env });
}

export interface Whereabouts {
  runtimeDir: string;
  /** What the running agent says; undefined when none answers. */
  status: StatusSnapshot | undefined;
  /** For talking on the port oneself. */
  access: Omit<ModemAccess, 'signal' | 'onLine' | 'onStage'>;
}

const DEFAULT_DIRS = { runtimeDir: '/run/waymark', stateDir: '/var/lib/waymark' };

/**
 * Looks for a running agent whose modem is the one that is meant.
 * Errors: `config.*`; `status.unavailable` when an agent runs but does not answer: nobody else may use its port then.
 */
export async function findModem(flags: ModemFlags, clock: Clock): Promise<Whereabouts> {
  const config = await configOf(flags);
  const runtimeDir = resolve(flags.runtimeDir ?? config?.runtimeDir ?? DEFAULT_DIRS.runtimeDir);
  const modem = config?.modem;
  const access: Whereabouts['access'] = {
    port: portOf(flags.port) ?? modem?.port ?? 'auto',
    ...(config?.gnss ? { gnssPort: config.gnss.port } : {}),
    baudRate: modem?.baudRate ?? 115_200,
    profile: modem?.profile ?? 'auto',
    commandGapMs: modem?.commandGapMs ?? 20,
    roots: rootsOf(flags),
    clock,
    log: silentLogger,
  };
  let status: StatusSnapshot | undefined;
  try {
    status = await fetchStatus(runtimeDir, clock);
  } catch (error) {
    if (!isWaymarkError(error, 'status.unavailable')) throw error;
    const pid = await agentHolding(config?.stateDir ?? DEFAULT_DIRS.stateDir, access.roots);
    if (pid !== undefined && flags.port === undefined)
      throw new WaymarkError('status.unavailable', `an agent runs (pid ${pid}) but does not answer in ${runtimeDir}`, {
        hint: 'It may be starting, or have another runtime directory (--runtime-dir). Its port is left alone.',
      });
  }
  // A port of its own is meant, unless it is the agent's.
  const isOther = flags.port !== undefined && flags.port !== 'auto' && status?.modem?.port !== access.port;
  return { runtimeDir, status: isOther || status?.modem === undefined ? undefined : status, access };
}

/** Paths are meant from where the person stands. */
function portOf(port: string | undefined): string | undefined {
  return port === undefined || port === 'auto' || port.startsWith('tcp://') ? port : resolve(port);
}

/** A failure as a person or a program reads it; gives the exit code. Errors of the module itself are 75. */
export function reportFailure(error: unknown, json: boolean): number {
  const { code, message, hint } = toWaymarkError(error);
  if (json) printJson({ error: { code, message, hint } });
  const exitCode = json ? exitCodeOf(error) : explainFailure(error);
  return code.startsWith('sim.') ? EXIT.tryAgain : exitCode;
}

const SILENT_MS = 1500;

export interface Progress extends Disposable {
  /** What is waited for now. */
  stage(what: string): void;
  /** Something else was printed: no need to speak for a while. */
  spoken(): void;
}

/** Says on stderr what is waited for, whenever nothing was said for a second and a half. */
export function createProgress(clock: Clock): Progress {
  let what = 'the agent';
  let since = clock.mono();
  let timer: Timer | undefined;
  let isOver = false;
  const arm = (): void => {
    if (isOver) return;
    timer = clock.deadline(SILENT_MS, () => {
      stderr.write(`… waiting for ${what} (${Math.round((clock.mono() - since) / 1000)} s)\n`);
      arm();
    });
  };
  arm();
  return {
    stage(next) {
      what = next;
      since = clock.mono();
    },
    spoken() {
      timer?.cancel();
      arm();
    },
    [Symbol.dispose]() {
      isOver = true;
      timer?.cancel();
    },
  };
}
