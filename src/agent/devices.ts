// The devices behind ports, as the configuration names them: module and receiver with the port book that finds both, and
// the dialogue with the module kept for who asks.
import type { Config } from '../config/index.js';
import type { Clock, Logger } from '../core/index.js';
import type { Receiver } from '../gnss/index.js';
import { createLinkOpener, type Roots } from '../link/index.js';
import type { Modem } from '../modem/index.js';
import { type CredentialSet, readCa } from './credentials.js';
import type { AgentMemory } from './memory.js';
import { followModemSecrets } from './modem-secrets.js';
import { makeModem, makeReceiver } from './parts.js';
import { createPortBook, type PortBook } from './ports/book.js';
import { createTrace, type Trace } from './trace.js';

export interface DevicesDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  log: Logger;
  env: NodeJS.ProcessEnv;
  roots: Roots;
  credentials: CredentialSet;
  memory: AgentMemory;
  /** The AT dialogue, secrets already removed. */
  transcript: ((direction: '>' | '<', line: string) => void) | undefined;
  wakeModem: () => void;
  /** What the module's own deviceWISE client has carried since the last time. */
  onModuleTraffic: (bytes: { bytesIn: number; bytesOut: number }) => void;
}

export interface Devices {
  readonly book: PortBook;
  readonly trace: Trace;
  readonly modem: Modem | undefined;
  readonly receiver: Receiver | undefined;
}

export async function createDevices(deps: DevicesDeps): Promise<Devices> {
  const { config, configDir, clock, log, env, roots } = deps;
  const book = createPortBook({
    open: createLinkOpener({ clock, log: log.child('link') }),
    clock,
    log: log.child('ports'),
    roots,
    ...(config.gnss ? { gnssProtocol: config.gnss.protocol } : {}),
  });
  const trace = createTrace({ clock, showIdentifiers: config.log.identifiers });
  const transcript = (direction: '>' | '<', line: string): void => {
    trace.push(direction, line);
    deps.transcript?.(direction, line);
  };
  // Both ports are claimed before either is looked for.
  const openModem = config.modem && book.opener('modem', config.modem.port);
  const openReceiver = config.gnss && book.opener('gnss', config.gnss.port);
  const ca = await readCa(config.deviceWise?.caFile, configDir);
  const modem =
    config.modem &&
    openModem &&
    makeModem(
      config,
      config.modem,
      {
        clock,
        log,
        transcript,
        onModuleTraffic: deps.onModuleTraffic,
        ...(ca?.[0] === undefined ? {} : { moduleCa: ca[0] }),
      },
      await followModemSecrets(config, {
        ...{ credentials: deps.credentials, configDir, env },
        // Whoever waits for the right PIN need not wait for the next minute.
        onChange: deps.wakeModem,
      }),
      openModem,
      deps.memory.pinLedger,
    );
  const receiver = config.gnss && openReceiver && makeReceiver(config, config.gnss, { clock, log }, openReceiver);
  return { book, trace, modem, receiver };
}
