// Wiring of Losant: who the device is (configured or enrolled), its service with its credentials and outbox, commands down.
import type { Config } from '../../config/index.js';
import {
  type Clock,
  type ClockTrust,
  type CommandResult,
  type CommandSink,
  type Logger,
  type Secret,
  toWaymarkError,
} from '../../core/index.js';
import type { Modem } from '../../modem/index.js';
import { connectTls, createHostDialer, createHttpsClient, createSessionCache, type Meter } from '../../net/index.js';
import type { Outbox } from '../../outbox/index.js';
import {
  type CatchUp,
  commandsSeenCodec,
  createCatchUp,
  createLosant,
  type LosantCredentialId,
  type LosantService,
  parseCommandText,
} from '../../services/index.js';
import type { CloudView } from '../../status/index.js';
import type { Vault } from '../../vault/index.js';
import { type CredentialSet, readCa } from '../credentials.js';
import { onNewValue } from '../on-new-value.js';
import { addressOf, type Cloud, troubleOf } from './cloud.js';
import { createCloudLane } from './cloud-lane.js';
import { createLosantDevice, type LosantDevice } from './losant-device.js';

export interface LosantWiring {
  settings: NonNullable<Config['losant']>;
  reportSeconds: number;
  configDir: string;
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  vault: Vault;
  meter: Meter;
  credentials: CredentialSet;
  modem: Modem | undefined;
  outbox: Outbox;
  boot: number;
  sink: CommandSink;
  /** Keeps what is to be answered. */
  answer: (result: CommandResult) => Promise<void>;
  wake: (lane: string) => void;
  networkUp: (signal: AbortSignal) => Promise<void>;
  onChange: () => void;
}

const LANE = 'losant';
/** A session that ends sooner has not proved anything. */
const STABLE_MS = 30_000;
const DEFAULT_PORT = 8883;
/** Commands nobody can read are told once in so long, with their number. */
const QUIET_MS = 60_000;

const TESTED: Readonly<Record<string, LosantCredentialId>> = {
  'losant-access-key': 'accessKey',
  'losant-access-secret': 'accessSecret',
  'losant-application-token': 'applicationToken',
};

/** Errors: `config.unreadable` for a CA file. */
export async function createLosantCloud(wiring: LosantWiring): Promise<Cloud> {
  const { settings, clock, trust, log, meter, credentials, onChange } = wiring;
  const ca = await readCa(settings.caFile, wiring.configDir);
  const dial = meter.metered('losant', createHostDialer({ clock }));
  const http = createHttpsClient({ dial, clock, log });
  const sessions = createSessionCache();
  const device = createLosantDevice({ ...wiring, http, ca });
  const offs: (() => void)[] = [];
  let service: LosantService | undefined;
  let catchUp: CatchUp | undefined;
  let malformed = 0;
  let malformedMonoMs = Number.NEGATIVE_INFINITY;

  async function onCommand(payload: Buffer, isRetained: boolean): Promise<void> {
    const read = parseCommandText(payload, { isRetained });
    if (read.is === 'malformed') {
      malformed++;
      if (clock.mono() - malformedMonoMs < QUIET_MS) return;
      malformedMonoMs = clock.mono();
      log.warn('losant.command-malformed', { reason: read.reason, bytes: payload.length, count: malformed });
      malformed = 0;
      return;
    }
    await wiring.answer(await wiring.sink(read.command));
    await catchUp?.answeredLive(read.command);
  }

  function make(found: LosantDevice): LosantService {
    const made = createLosant(
      {
        ...{ clock, log, trust, http, onChange, outbox: wiring.outbox, boot: wiring.boot, random: Math.random },
        credentials: found.credentials,
        async connect(signal) {
          const target = addressOf(found.broker, DEFAULT_PORT);
          const road = await dial(target, { signal });
          return connectTls(road, { host: target.host, ca, sessions, clock, signal });
        },
        onCommand: (payload, isRetained) =>
          onCommand(payload, isRetained).catch((error: unknown) =>
            log.error('losant.command-not-answered', { error: toWaymarkError(error) }),
          ),
        async onUp(_ids, signal) {
          if (settings.catchUp) await catchUp?.run({ signal });
        },
      },
      {
        ...{ apiUrl: found.apiUrl, deviceId: found.deviceId, transport: settings.transport },
        ...(found.applicationId === undefined ? {} : { applicationId: found.applicationId }),
        keepaliveSeconds: settings.keepaliveSeconds,
        reportEveryMs: wiring.reportSeconds * 1000,
        ...(ca ? { ca } : {}),
      },
    );
    catchUp = createCatchUp({
      ...{ clock, trust, log, slot: wiring.vault.slot('losant-commands', commandsSeenCodec) },
      fetchCommands: async ({ startMs, limit, signal }) => [
        ...(await made.rest.commandHistory({ startUtcMs: startMs, limit }, { signal })),
      ],
      sink: async (command) => {
        const result = await wiring.sink(command);
        await wiring.answer(result);
        return result;
      },
    });
    for (const credential of made.credentials()) offs.push(credentials.add(credential));
    for (const [id, part] of Object.entries(TESTED))
      offs.push(
        credentials.registerTests(id, {
          test: (signal) => testInForce(made, part, signal),
          prove: (candidate, signal, all) => made.prove(part, candidate, { signal, all: byPart(all) }),
        }),
      );
    return made;
  }

  /** With the values in force though they be refused: a person asks because they may work again. */
  async function testInForce(made: LosantService, part: LosantCredentialId, signal: AbortSignal): Promise<void> {
    const values: Partial<Record<LosantCredentialId, Secret>> = {};
    for (const [id, of] of Object.entries(TESTED)) {
      const value = await credentials.peek(id);
      if (value) values[of] = value;
    }
    const mine = values[part];
    // Of an enrolled device the service alone has them.
    if (!mine) {
      await made.test(part, { signal });
      return;
    }
    await made.prove(part, mine, { signal, all: values });
    // Key and secret are refused and taken back together.
    const secret = credentials.losant?.accessSecret;
    if (secret && part !== 'applicationToken') secret.report(secret.status(), { is: 'ok' });
  }

  // A value put right is tried at once.
  const { accessKey, accessSecret, applicationToken, enrolment } = credentials.losant ?? {};
  for (const source of [accessKey, accessSecret, applicationToken, enrolment])
    offs.push(onNewValue(source, () => wiring.wake(LANE), { orWorksAgain: true }));
  return {
    lanes: [
      createCloudLane({
        ...{ name: LANE, log, trust, onChange, stableAfterMs: STABLE_MS, networkUp: wiring.networkUp },
        service: {
          async run(context) {
            if (!service) {
              context.doing('enrolling');
              service = make(await device.whenKnown(context.signal));
            }
            try {
              await service.run(context);
            } finally {
              catchUp?.sessionLost();
            }
          },
          backoff: (error) => service?.backoff(error) ?? { baseMs: 10_000, capMs: 300_000, quickForMs: 0 },
        },
      }),
    ],
    view: () => (service ? viewOf(service, clock) : enrolmentView(device)),
    [Symbol.asyncDispose]() {
      for (const off of offs) off();
      service?.[Symbol.dispose]();
      device[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function byPart(all: Readonly<Record<string, Secret>>): Partial<Record<LosantCredentialId, Secret>> {
  return Object.fromEntries(
    Object.entries(all).flatMap(([id, value]) => {
      const part = TESTED[id];
      return part === undefined ? [] : [[part, value]];
    }),
  );
}

function viewOf(service: LosantService, clock: Clock): CloudView {
  const { transport, state, sentence, lastReason, next, isRestricted, ...counts } = service.snapshot();
  const isTroubled = state === 'waiting' || (state === 'connecting' && lastReason !== undefined);
  return {
    ...{ name: LANE, state, sentence, isTroubled },
    ...(isTroubled ? troubleOf(lastReason, next, clock.mono()) : {}),
    facts: { transport, ...counts, ...(isRestricted === undefined ? {} : { isKeyRestricted: isRestricted }) },
  };
}

function enrolmentView(device: { snapshot(): { state: string; sentence: string; reason?: string } }): CloudView {
  const { state, sentence, reason } = device.snapshot();
  return {
    ...{ name: LANE, state, sentence, facts: {} },
    isTroubled: reason !== undefined,
    ...(reason === undefined ? {} : { reason }),
  };
}
