// Wiring of ThingSpace: its service with its credentials, its lane, its part of the status.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Config } from '../../config/index.js';
import { type Clock, type ClockTrust, type Logger, REFUSED_BACKOFF, WaymarkError } from '../../core/index.js';
import type { BestLocation, PositionChoice } from '../../location/index.js';
import type { Modem } from '../../modem/index.js';
import { createHostDialer, createHttpsClient, type Meter } from '../../net/index.js';
import { createThingspace, type ThingspaceDeps, type ThingspaceSnapshot } from '../../services/index.js';
import type { CloudView } from '../../status/index.js';
import type { Vault } from '../../vault/index.js';
import { type CredentialSet, readCa } from '../credentials.js';
import type { ThingspaceCredentials } from '../credentials-clouds.js';
import { type Cloud, nextIn } from './cloud.js';
import { createCloudLane } from './cloud-lane.js';
import { cardNumber, moduleIdentifier } from './own-number.js';

export interface ThingspaceWiring {
  settings: NonNullable<Config['thingspace']>;
  configDir: string;
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  vault: Vault;
  meter: Meter;
  credentials: CredentialSet;
  modem: Modem | undefined;
  best: BestLocation;
  position: PositionChoice;
  networkUp: (signal: AbortSignal) => Promise<void>;
  onChange: () => void;
}

const TESTED = ['thingspace-key', 'thingspace-secret', 'thingspace-user', 'thingspace-password'] as const;

/** Errors: `config.unreadable` for a file that cannot be read, `thingspace.config` where the mode lacks something. */
export async function createThingspaceCloud(wiring: ThingspaceWiring): Promise<Cloud> {
  const { settings, configDir, clock, trust, log, meter, credentials, modem, best, position, onChange } = wiring;
  const ca = await readCa(settings.caFile, configDir);
  const own = credentials.thingspace;
  const { imei, mdn } = settings;
  const service = createThingspace(
    {
      http: createHttpsClient({ dial: meter.metered('thingspace', createHostDialer({ clock })), clock, log }),
      clock,
      log,
      vault: wiring.vault,
      random: Math.random,
      isWallTrusted: () => trust.status().state === 'trusted',
      ...(own ? credentialDeps(own) : {}),
      ...identityDeps(settings, configDir, credentials),
      imei: (signal) => (imei === 'auto' ? moduleIdentifier(modem, 'imei', signal) : Promise.resolve(imei)),
      ...(modem ? { iccid: (signal: AbortSignal) => moduleIdentifier(modem, 'iccid', signal) } : {}),
      mdn: (signal) => (mdn === undefined ? cardNumber(modem, signal) : Promise.resolve(mdn)),
      isNeeded() {
        const known = best.current();
        return known === undefined || known.source === 'carrier';
      },
      onPosition({ latitudeDeg, longitudeDeg, radiusM, fixUtcMs }, atMonoMs) {
        const place = {
          ...{ latitudeDeg, longitudeDeg, accuracyM: radiusM, atMonoMs },
          ...(fixUtcMs === undefined ? {} : { fixUtcMs }),
        };
        best.offerCarrier(place);
        position.offerCarrier(place);
      },
      onChange,
    },
    { ...settings, ...(ca ? { ca } : {}) },
  );
  const offs = service.credentials().map((credential) => credentials.add(credential));
  for (const id of TESTED)
    offs.push(
      credentials.registerTests(id, {
        test: (signal) => service.test(id, { signal }),
        prove: (_candidate, signal, all) => service.prove(id, all, { signal }),
      }),
    );
  return {
    lanes: [
      createCloudLane({
        name: 'thingspace',
        log,
        trust,
        networkUp: wiring.networkUp,
        onChange,
        service: { run: (context) => service.run(context), backoff: () => REFUSED_BACKOFF },
      }),
    ],
    view: () => viewOf(service.snapshot(), credentials, clock),
    async [Symbol.asyncDispose]() {
      for (const off of offs) off();
      await service[Symbol.asyncDispose]();
    },
  };
}

function credentialDeps({ key, secret, user, password }: ThingspaceCredentials): Pick<ThingspaceDeps, 'credentials'> {
  return key && secret && user && password ? { credentials: { key, secret, user, password } } : {};
}

function identityDeps(
  { identity }: NonNullable<Config['thingspace']>,
  configDir: string,
  credentials: CredentialSet,
): Pick<ThingspaceDeps, 'identity'> {
  if (!identity) return {};
  const bearer = credentials.thingspace?.enrolment;
  const source = credentials.thingspace?.certificate;
  const { certFile } = identity;
  // Read anew each time: it is replaced together with its key.
  const pem = (): Promise<string> =>
    readFile(resolve(configDir, certFile ?? ''), 'utf8').catch((cause: unknown) => {
      throw new WaymarkError('secret.absent', `certificate ${certFile ?? ''} cannot be read`, { cause });
    });
  return {
    identity: {
      ...(source && certFile !== undefined ? { certificate: { source, pem } } : {}),
      ...(bearer ? { bearer } : {}),
    },
  };
}

const WORKING: readonly ThingspaceSnapshot['state'][] = ['idle', 'spared', 'asking', 'known'];

function viewOf(snapshot: ThingspaceSnapshot, credentials: CredentialSet, clock: Clock): CloudView {
  const { mode, state, sentence, reason, budget, strikes, radiusM, ageMs, next } = snapshot;
  const isTroubled = !WORKING.includes(state);
  const root = isTroubled ? rootOf(credentials) : undefined;
  return {
    name: 'thingspace',
    state,
    sentence,
    isTroubled,
    ...(reason && isTroubled ? { reason: reason.code, message: reason.message, hint: reason.hint } : {}),
    ...(root === undefined ? {} : { waitsFor: root }),
    ...nextIn(next, clock.mono()),
    facts: {
      mode,
      ...(budget ? { currentRequestsUsed: budget.used, currentRequestsLeft: budget.left } : {}),
      ...(strikes === undefined ? {} : { failedLogins: strikes }),
      ...(radiusM === undefined ? {} : { radiusM }),
      ...(ageMs === undefined ? {} : { ageMs }),
    },
  };
}

/** The credential that has to be mended first. */
function rootOf(credentials: CredentialSet): string | undefined {
  return credentials.statuses().find(({ id, waitsFor }) => id.startsWith('thingspace-') && waitsFor !== undefined)
    ?.waitsFor;
}
