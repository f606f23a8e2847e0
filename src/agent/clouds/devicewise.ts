// Wiring of deviceWISE: its roads, the service with its token and outbox, methods down, the cell while nobody knows a
// position.
import { type Config, fitsModule } from '../../config/index.js';
import {
  type Clock,
  type ClockTrust,
  type CommandResult,
  type CommandSink,
  type Logger,
  type RecordKind,
  type Timer,
  toWaymarkError,
} from '../../core/index.js';
import type { BestLocation } from '../../location/index.js';
import type { Modem } from '../../modem/index.js';
import { createHostDialer, type Meter } from '../../net/index.js';
import type { Outbox } from '../../outbox/index.js';
import { createDeviceWise, type DeviceWiseService, type DeviceWiseSnapshot, meaningOf } from '../../services/index.js';
import type { CloudView } from '../../status/index.js';
import type { Vault } from '../../vault/index.js';
import { type CredentialSet, readCa } from '../credentials.js';
import { onNewValue } from '../on-new-value.js';
import { cellOf } from './cell.js';
import { type Cloud, troubleOf } from './cloud.js';
import { createCloudLane } from './cloud-lane.js';
import { createDeviceWiseRoads } from './devicewise-roads.js';
import { refusedForGood } from './refused-methods.js';

export interface DeviceWiseWiring {
  settings: NonNullable<Config['deviceWise']>;
  configDir: string;
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  vault: Vault;
  meter: Meter;
  credentials: CredentialSet;
  modem: Modem | undefined;
  best: BestLocation;
  outbox: Outbox;
  boot: number;
  sink: CommandSink;
  /** Keeps what is to be answered. */
  answer: (result: CommandResult) => Promise<void>;
  /** Keeps a record for this cloud alone. */
  put: (kind: RecordKind, body: Readonly<Record<string, unknown>>) => void;
  wake: (lane: string) => void;
  networkUp: (signal: AbortSignal) => Promise<void>;
  onChange: () => void;
}

export const DEVICEWISE = 'devicewise';
const TOKEN = 'app-token';
/** The longest a lane trusts what it was told of the last life. */
const STABLE_MS = 60_000;

/** Errors: `config.unreadable` for a CA file. */
export async function createDeviceWiseCloud(wiring: DeviceWiseWiring): Promise<Cloud> {
  const { settings, clock, trust, log, credentials, modem, onChange } = wiring;
  const ca = await readCa(settings.caFile, wiring.configDir);
  const { appToken } = credentials;
  if (!appToken) throw new Error('deviceWISE without an app token in the configuration');
  const roads = createDeviceWiseRoads({
    ...{ settings, clock, trust, log, vault: wiring.vault, modem, appToken, ca },
    dial: wiring.meter.metered(DEVICEWISE, createHostDialer({ clock })),
  });
  const fits = await followFit(credentials);
  const sink = refusedForGood(wiring.sink);
  /** Shown once it is of use: over the other roads nobody misses a session. */
  let hideSession: (() => void) | undefined;
  const service: DeviceWiseService = createDeviceWise(
    {
      ...{ clock, log, trust, meaningOf, outbox: wiring.outbox, boot: wiring.boot, random: Math.random },
      credential: appToken,
      roads: roads.openers,
      onChange() {
        if (service.snapshot().road === 'http') hideSession ??= credentials.add(roads.http.session);
        onChange();
      },
      ...(modem
        ? { moduleSupport: () => (settings.road !== 'module' && !fits.isFit ? 'unfit' : modem.deviceWise.support()) }
        : {}),
      async onMethod({ id, method, params }, ended) {
        try {
          const result = await sink({
            ...{ from: DEVICEWISE, id, name: method, isRetained: false },
            payload: Object.keys(params).length === 0 ? undefined : params,
          });
          ended();
          await wiring.answer(result);
        } catch (error) {
          // Not answered: the mailbox delivers it again.
          log.error('devicewise.method-not-answered', { error: toWaymarkError(error) });
        }
      },
    },
    {
      road: settings.road,
      transport: settings.gateway.transport,
      maxCallsPerSecond: settings.maxCallsPerSecond,
    },
  );
  const offs = [
    () => hideSession?.(),
    credentials.registerTests(TOKEN, {
      async test(signal) {
        // With the value in force though it be refused: a person asks because it may work again.
        const value = await credentials.peek(TOKEN);
        await service.test({ signal, ...(value ? { value } : {}) });
        appToken.report(appToken.status(), { is: 'ok' });
      },
      prove: (candidate, signal) => service.prove(candidate, { signal }),
    }),
    onNewValue(appToken, () => wiring.wake(DEVICEWISE), { orWorksAgain: true }),
    () => fits[Symbol.dispose](),
    tellCell(wiring),
  ];
  return {
    lanes: [
      createCloudLane({
        ...{ name: DEVICEWISE, log, onChange, service, stableAfterMs: STABLE_MS },
        networkUp: wiring.networkUp,
      }),
    ],
    view: () => viewOf(service.snapshot(), clock),
    [Symbol.asyncDispose]() {
      for (const off of offs) off();
      return Promise.resolve();
    },
  };
}

/** Whether the module can be told the token in force. */
async function followFit(credentials: CredentialSet): Promise<{ readonly isFit: boolean } & Disposable> {
  let isFit = true;
  const look = async (): Promise<void> => {
    const value = await credentials.peek(TOKEN).catch(() => undefined);
    isFit = value === undefined || fitsModule(value);
  };
  await look();
  const off = onNewValue(credentials.appToken, () => void look());
  return {
    get isFit() {
      return isFit;
    },
    [Symbol.dispose]: off,
  };
}

/** While nobody knows a position the cloud is told the cell now and then, and looks it up. Returns what ends it. */
function tellCell({ settings, clock, modem, best, put }: DeviceWiseWiring): () => void {
  const { cellSeconds } = settings;
  if (cellSeconds === 0 || !modem) return () => undefined;
  let timer: Timer;
  let toldMonoMs = Number.NEGATIVE_INFINITY;
  const LOOK_MS = 10_000;
  const again = (): void => {
    timer = clock.after(LOOK_MS, () => {
      const cell = best.current() === undefined ? cellOf(modem.snapshot()) : undefined;
      if (cell && clock.mono() - toldMonoMs >= cellSeconds * 1000) {
        toldMonoMs = clock.mono();
        put('position', { cell });
      }
      again();
    });
  };
  again();
  return () => timer.cancel();
}

function viewOf(snapshot: DeviceWiseSnapshot, clock: Clock): CloudView {
  const { state, sentence, reason, next, road, facts, ...counts } = snapshot;
  const isTroubled = reason !== undefined && state !== 'online';
  return {
    ...{ name: DEVICEWISE, state, sentence, isTroubled },
    ...(isTroubled ? troubleOf(reason, next, clock.mono()) : {}),
    facts: { ...(road === undefined ? {} : { road }), ...counts, ...facts },
  };
}
