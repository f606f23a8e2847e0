// What several checks of one visit need, found out once: the configuration, the running agent's word, the ports, the
// module's report. A check that comes later may look at how an earlier one went.
import { dirname } from 'node:path';
import type { Config } from '../../config/index.js';
import { silentLogger, WaymarkError } from '../../core/index.js';
import { findHoldersOf, type PortHolder } from '../../link/index.js';
import { fetchStatus, type StatusSnapshot } from '../../status/index.js';
import { inspectModem } from '../inspect-modem.js';
import { type InspectedPort, inspectPorts, isAgent, type PortsReport } from '../inspect-ports.js';
import { type ModemReport, reportFromStatus } from '../modem-report.js';
import type { CheckId, CheckResult, DoctorMachine } from './types.js';

export interface DeskOptions {
  machine: DoctorMachine;
  configFile: string;
  /** The file was not named by the person. */
  isDefaultFile: boolean;
  runtimeDir: string | undefined;
  /** Nothing is sent to anybody outside. */
  isOffline: boolean;
  onStage?: ((what: string) => void) | undefined;
}

/** A device of the configuration and the port it is meant to be on. */
export interface Target {
  user: 'modem' | 'gnss';
  /** As configured. */
  setting: string;
  /** Undefined: on TCP, or `auto` and nothing fits. */
  path?: string;
  /** What sysfs knows of it. */
  port?: InspectedPort;
}

export type Holder = PortHolder & { isAgent: boolean };

/** What a look at the services has brought for other checks. */
export interface Notes {
  /** Names that could not be looked up. */
  unresolved: Set<string>;
  /** A server's time minus ours, and whose. */
  skew?: { ms: number; host: string };
}

export interface Desk extends DeskOptions {
  /** Ends with the visit, or with the check that asks. */
  signal: AbortSignal;
  readonly notes: Notes;
  /** Errors: `config.invalid` before the configuration was found good. */
  readonly config: Config;
  readonly configDir: string;
  setConfig(config: Config): void;
  /** The configuration, if it can be read. */
  hasConfig(): boolean;
  result(id: CheckId): CheckResult | undefined;
  status(): Promise<StatusSnapshot | undefined>;
  /** Why no agent answered. */
  statusError(): unknown;
  ports(): Promise<PortsReport>;
  targets(): Promise<readonly Target[]>;
  /** Others than us that have the port open. */
  holders(path: string): Promise<readonly Holder[]>;
  /** From the agent, or asked on the port. Errors: `link.*`, `modem.*`. */
  module(): Promise<ModemReport | undefined>;
}

export function createDesk(
  options: DeskOptions,
  results: ReadonlyMap<CheckId, CheckResult>,
  signal: AbortSignal,
): Desk {
  const { machine } = options;
  let config: Config | undefined;
  const kept = new Map<string, Promise<unknown>>();
  const once = <T>(name: string, make: () => Promise<T>): Promise<T> => {
    const known = kept.get(name) as Promise<T> | undefined;
    if (known) return known;
    const made = make();
    made.catch(() => undefined);
    kept.set(name, made);
    return made;
  };
  let statusError: unknown;
  const desk: Desk = {
    ...options,
    signal,
    notes: { unresolved: new Set() },
    configDir: dirname(options.configFile),
    get config() {
      if (!config) throw new WaymarkError('config.invalid', 'the configuration is not known');
      return config;
    },
    setConfig: (found) => void (config = found),
    hasConfig: () => config !== undefined,
    result: (id) => results.get(id),
    statusError: () => statusError,
    status: () =>
      once('status', async () => {
        const runtimeDir = options.runtimeDir ?? config?.runtimeDir ?? '/run/waymark';
        return fetchStatus(runtimeDir, machine.clock).catch((error: unknown) => {
          statusError = error;
          return undefined;
        });
      }),
    ports: () =>
      once('ports', () => inspectPorts({ roots: machine.roots, clock: machine.clock, signal, probe: false })),
    targets: () => once('targets', () => findTargets(desk)),
    holders: (path) =>
      once(`holders ${path}`, async () => {
        const now = (await findHoldersOf([path], machine.roots)).get(path) ?? [];
        const before = machine.seenHolders?.get(path) ?? [];
        const all = [...new Map([...before, ...now].map((holder) => [holder.pid, holder])).values()];
        return Promise.all(
          all
            .filter(({ isSelf }) => !isSelf)
            .map(async (holder) => ({ ...holder, isAgent: await isAgent(holder.pid, machine.roots) })),
        );
      }),
    module: () => once('module', () => askModule(desk)),
  };
  return desk;
}

async function findTargets(desk: Desk): Promise<Target[]> {
  const { config } = desk;
  const status = await desk.status();
  const { ports, auto } = await desk.ports();
  const held = { modem: status?.modem?.port, gnss: status?.receiver?.port };
  const target = (user: 'modem' | 'gnss', setting: string): Target => {
    if (setting.startsWith('tcp://')) return { user, setting };
    const inUse = held[user]?.startsWith('/') ? held[user] : undefined;
    const found = ports.find(({ name }) => name === auto[user]);
    const path = setting === 'auto' ? (inUse ?? found?.path) : setting;
    const port = ports.find((each) => each.path === path || each.stableName === path);
    return { user, setting, ...(path === undefined ? {} : { path }), ...(port ? { port } : {}) };
  };
  return [
    ...(config.modem ? [target('modem', config.modem.port)] : []),
    ...(config.gnss ? [target('gnss', config.gnss.port)] : []),
  ];
}

/** An agent with a modem knows it; nobody else may talk on its port. */
async function askModule(desk: Desk): Promise<ModemReport | undefined> {
  const { modem, gnss } = desk.config;
  if (!modem) return undefined;
  const status = await desk.status();
  const known = status && reportFromStatus(status);
  if (known) return known;
  const { clock, roots, open } = desk.machine;
  return inspectModem(
    {
      port: modem.port,
      ...(gnss ? { gnssPort: gnss.port } : {}),
      baudRate: modem.baudRate,
      profile: modem.profile,
      commandGapMs: modem.commandGapMs,
      ...{ roots, clock, open, log: silentLogger, signal: desk.signal },
      ...(desk.onStage ? { onStage: desk.onStage } : {}),
    },
    { showIdentifiers: false },
  );
}
