// The device parts, made from their sections of the configuration.
import type { Config } from '../config/index.js';
import type { Clock, Logger } from '../core/index.js';
import { createReceiver, type Receiver } from '../gnss/index.js';
import type { LinkOpener } from '../link/index.js';
import { createModem, type Modem, type PinLedger } from '../modem/index.js';
import type { LampName, StatusSnapshot } from '../status/index.js';
import type { ModemSecrets } from './modem-secrets.js';
import { moduleDeviceWise } from './module-devicewise.js';

export interface PartDeps {
  clock: Clock;
  log: Logger;
  transcript?: (direction: '>' | '<', line: string) => void;
  /** PEM text for the module's own deviceWISE client. */
  moduleCa?: string;
  onModuleTraffic?: (bytes: { bytesIn: number; bytesOut: number }) => void;
}

export function presentLamps(config: Config): LampName[] {
  const hasIdentity = config.ztp !== undefined || config.identity !== undefined;
  return [
    ...(config.modem ? (['modem', 'sim', 'network'] as const) : []),
    ...(hasIdentity ? (['identity'] as const) : []),
    ...((hasIdentity || config.corrections?.ntrip.host !== undefined) && config.corrections
      ? (['session', 'corrections'] as const)
      : []),
    ...(config.gnss ? (['fix'] as const) : []),
  ];
}

/** Where the identity comes from, as status says it. */
export function identityOrigin({ ztp, identity }: Config): StatusSnapshot['identity']['source'] {
  if (ztp) return 'ztp';
  if (!identity) return 'none';
  return identity.ucenterConfigFile === undefined ? 'files' : 'ucenter';
}

export function makeModem(
  config: Config,
  settings: NonNullable<Config['modem']>,
  deps: PartDeps,
  secrets: ModemSecrets,
  open: LinkOpener,
  pinLedger: PinLedger,
): Modem {
  const { bearer } = settings;
  const deviceWise = moduleDeviceWise(config);
  const { auth } = bearer;
  return createModem(
    {
      open,
      clock: deps.clock,
      log: deps.log.child('modem'),
      pinLedger,
      ...(deps.transcript ? { transcript: deps.transcript } : {}),
      ...(deps.onModuleTraffic ? { onDeviceWiseTraffic: deps.onModuleTraffic } : {}),
    },
    {
      port: settings.port,
      baudRate: settings.baudRate,
      profile: settings.profile,
      commandGapMs: settings.commandGapMs,
      pollSeconds: settings.pollSeconds,
      roaming: settings.roaming,
      dataPath: settings.dataPath.kind,
      // Read when needed: a corrected file counts without a restart.
      get pin() {
        return secrets.pin;
      },
      bearer: {
        mode: bearer.mode,
        contextId: bearer.contextId,
        ipType: bearer.ipType,
        ...(bearer.apn === undefined ? {} : { apn: bearer.apn }),
        get auth() {
          const password = secrets.bearerPassword;
          return auth && password ? { method: auth.method, user: auth.user, password } : undefined;
        },
      },
      ...(deviceWise
        ? {
            deviceWise: {
              ...deviceWise,
              // Read when needed, too: a proved rotation must not be taken back at the next bring-up.
              get appToken() {
                return secrets.appToken;
              },
              ...(deps.moduleCa === undefined ? {} : { ca: deps.moduleCa }),
            },
          }
        : {}),
    },
  );
}

export function makeReceiver(
  config: Config,
  settings: NonNullable<Config['gnss']>,
  deps: PartDeps,
  open: LinkOpener,
): Receiver {
  return createReceiver(
    { open, clock: deps.clock, log: deps.log.child('gnss') },
    {
      port: settings.port,
      baudRate: settings.baudRate,
      protocol: settings.protocol,
      configure: settings.configure,
      save: settings.save,
      baudSearch: settings.baudSearch,
      silentAfterMs: settings.silentAfterSeconds * 1000,
      maxAgeMs: (config.corrections?.maxAgeSeconds ?? 10) * 1000,
      maxQueuedBytes: 65_536,
      leapSeconds: config.corrections?.leapSeconds ?? 18,
    },
  );
}
