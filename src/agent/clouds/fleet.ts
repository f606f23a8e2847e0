// Wiring of the operator's own broker: its road, its credentials, the name of this gateway, and what is said there.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../../config/index.js';
import { type Clock, type ClockTrust, type Logger, WaymarkError } from '../../core/index.js';
import { connectTls, createHostDialer, createSessionCache, type Meter } from '../../net/index.js';
import { createFleet, type FleetSnapshot } from '../../services/index.js';
import type { CloudView, StatusSnapshot } from '../../status/index.js';
import type { Vault } from '../../vault/index.js';
import { type CredentialSet, readCa } from '../credentials.js';
import { onNewValue } from '../on-new-value.js';
import { addressOf, type Cloud, troubleOf } from './cloud.js';
import { createCloudLane } from './cloud-lane.js';
import { fleetNameCodec, gatewayName } from './fleet-name.js';
import { fleetKey, fleetStatus } from './fleet-status.js';

export interface FleetWiring {
  settings: NonNullable<Config['fleet']>;
  configDir: string;
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  vault: Vault;
  meter: Meter;
  credentials: CredentialSet;
  status: () => StatusSnapshot;
  wake: (lane: string) => void;
  networkUp: (signal: AbortSignal) => Promise<void>;
  onChange: () => void;
}

const LANE = 'fleet';
const STABLE_MS = 30_000;

/** Errors: `config.unreadable` for a CA file. */
export async function createFleetCloud(wiring: FleetWiring): Promise<Cloud> {
  const { settings, configDir, clock, trust, log, credentials, onChange } = wiring;
  const { certFile } = settings;
  const isTls = settings.security === 'tls';
  const ca = await readCa(settings.caFile, configDir);
  const dial = wiring.meter.metered(LANE, createHostDialer({ clock }));
  const sessions = createSessionCache();
  const target = addressOf(settings.broker);
  const gateway = settings.name ?? (await gatewayName(wiring.vault.slot('fleet-name', fleetNameCodec), log));
  const { password, certificate } = credentials.fleet ?? {};
  // Read anew each time: it is replaced together with its key.
  const pem = (): Promise<string> =>
    readFile(resolve(configDir, certFile ?? ''), 'utf8').catch((cause: unknown) => {
      throw new WaymarkError('secret.absent', `certificate ${certFile ?? ''} cannot be read`, { cause });
    });
  const service = createFleet(
    {
      ...{ clock, log: log.child(LANE), onChange, password },
      certificate: certificate && { source: certificate, pem },
      async connect(shown, signal) {
        const road = await dial(target, { signal });
        return isTls ? connectTls(road, { host: target.host, ca, sessions, clock, signal, ...shown }) : road;
      },
      status() {
        const status = wiring.status();
        const at = new Date(clock.wall()).toISOString();
        return { body: fleetStatus(status, { gateway, at, withPosition: settings.position }), key: fleetKey(status) };
      },
    },
    {
      self: () => {
        const { version, bootId, startedAt } = wiring.status();
        return { gateway, version, bootId, startedAt };
      },
      gateway,
      topicPrefix: settings.topicPrefix,
      user: settings.user,
      keepaliveSeconds: settings.keepaliveSeconds,
      intervalMs: settings.intervalSeconds * 1000,
      homeAssistant: settings.homeAssistant,
    },
  );
  // A value put right is tried at once.
  const offs = [password, certificate].map((source) =>
    onNewValue(source, () => wiring.wake(LANE), { orWorksAgain: true }),
  );
  return {
    lanes: [
      createCloudLane({
        ...{ name: LANE, log, service, onChange, stableAfterMs: STABLE_MS, networkUp: wiring.networkUp },
        // Without TLS nothing depends on the date.
        ...(isTls ? { trust } : {}),
      }),
    ],
    view: () => viewOf(service.snapshot(), clock),
    [Symbol.asyncDispose]() {
      for (const off of offs) off();
      return Promise.resolve();
    },
  };
}

function viewOf({ state, sentence, lastReason, ...facts }: FleetSnapshot, clock: Clock): CloudView {
  const isTroubled = state === 'waiting' || (state === 'connecting' && lastReason !== undefined);
  return {
    ...{ name: LANE, state, sentence, isTroubled, facts },
    ...(isTroubled ? troubleOf(lastReason, undefined, clock.mono()) : {}),
  };
}
