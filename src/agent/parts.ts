// The device parts, made from their sections of the configuration.
import type { Config } from '../config/index.js';
import type { Clock, Logger, Secret } from '../core/index.js';
import { createReceiver, type Receiver } from '../gnss/index.js';
import type { LinkOpener } from '../link/index.js';
import { createModem, type Modem, type PinLedger } from '../modem/index.js';
import type { LampName } from '../status/index.js';
import type { Credential } from '../vault/index.js';
import type { CredentialSet } from './credentials.js';

export interface PartDeps {
  clock: Clock;
  log: Logger;
  transcript?: (direction: '>' | '<', line: string) => void;
}

export function presentLamps(config: Config): LampName[] {
  const hasIdentity = config.ztp !== undefined || config.identity !== undefined;
  return [
    ...(config.modem ? (['modem', 'sim', 'network'] as const) : []),
    ...(hasIdentity ? (['identity'] as const) : []),
    ...(hasIdentity && config.corrections ? (['session', 'corrections'] as const) : []),
    ...(config.gnss ? (['fix'] as const) : []),
  ];
}

export async function makeModem(
  settings: NonNullable<Config['modem']>,
  deps: PartDeps,
  credentials: CredentialSet,
  open: LinkOpener,
  pinLedger: PinLedger,
): Promise<Modem> {
  const { deviceWise, bearer } = settings;
  // A secret that cannot be read is said by its credential; the module comes up all the same.
  const read = (credential: Credential | undefined): Promise<Secret | undefined> =>
    credential?.get().then(
      (lease) => lease.value,
      () => undefined,
    ) ?? Promise.resolve(undefined);
  const [appToken, pin, password] = await Promise.all([
    read(credentials.appToken),
    read(credentials.pin),
    read(credentials.bearerPassword),
  ]);
  return createModem(
    {
      open,
      clock: deps.clock,
      log: deps.log.child('modem'),
      pinLedger,
      ...(deps.transcript ? { transcript: deps.transcript } : {}),
    },
    {
      port: settings.port,
      baudRate: settings.baudRate,
      profile: settings.profile,
      commandGapMs: settings.commandGapMs,
      pollSeconds: settings.pollSeconds,
      roaming: settings.roaming,
      dataPath: settings.dataPath.kind,
      ...(pin ? { pin } : {}),
      bearer: {
        mode: bearer.mode,
        contextId: bearer.contextId,
        ipType: bearer.ipType,
        ...(bearer.apn === undefined ? {} : { apn: bearer.apn }),
        ...(bearer.auth && password ? { auth: { method: bearer.auth.method, user: bearer.auth.user, password } } : {}),
      },
      ...(deviceWise && appToken
        ? {
            deviceWise: {
              server: deviceWise.server,
              deviceIdSelector: deviceWise.deviceId === 'imei' ? 0 : 1,
              appToken,
              security: deviceWise.security === 'tls' ? 1 : 0,
              heartbeatSeconds: deviceWise.heartbeatSeconds,
              // The schema bounds it; the type it gives is any whole number.
              autoReconnect: deviceWise.autoReconnect as 0 | 1 | 2 | 3,
              overflowHandling: deviceWise.overflow === 'fifo' ? 0 : 1,
              atrunInstanceId: deviceWise.atInstance,
              serviceTimeoutSeconds: deviceWise.serviceTimeoutSeconds,
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
      silentAfterMs: settings.silentAfterSeconds * 1000,
      maxAgeMs: (config.corrections?.maxAgeSeconds ?? 10) * 1000,
      maxQueuedBytes: 65_536,
      leapSeconds: config.corrections?.leapSeconds ?? 18,
    },
  );
}
