// Everything that goes up, wired: what the gateway says (sampler, telling), where it waits (one outbox a cloud), who takes
// it (Losant), who is asked where the gateway is (ThingSpace), and what they may ask (commands).
import { join } from 'node:path';
import type { Config } from '../../config/index.js';
import { type Clock, type ClockTrust, createDisposer, type Logger, type NewRecord } from '../../core/index.js';
import { type BestLocation, createSampler, type PositionChoice } from '../../location/index.js';
import type { Modem } from '../../modem/index.js';
import type { Meter } from '../../net/index.js';
import { highestBoot, type Outbox, openOutbox } from '../../outbox/index.js';
import type { CloudView, StatusSnapshot } from '../../status/index.js';
import type { Vault } from '../../vault/index.js';
import {
  type CloudCommands,
  createCloudCommands,
  createCommandEffects,
  loadReportInterval,
} from '../cloud-commands/index.js';
import type { CredentialSet } from '../credentials.js';
import type { Thrift } from '../data-use/index.js';
import type { Lane } from '../lane.js';
import type { CorrectionLane } from '../lanes/corrections.js';
import type { LatencyWatch } from '../latency.js';
import type { AgentMemory } from '../memory.js';
import type { NetworkLadder } from '../network-ladder.js';
import { countBoot } from './boot-counter.js';
import type { Cloud } from './cloud.js';
import { createDeviceWiseCloud, DEVICEWISE } from './devicewise.js';
import { createFleetCloud } from './fleet.js';
import { createLosantCloud } from './losant.js';
import type { Outputs } from './outputs.js';
import { commandsView, locatedView, outboxView } from './report.js';
import { createTelling } from './telling.js';
import { createThingspaceCloud } from './thingspace.js';

export interface CloudSideDeps {
  config: Config;
  configDir: string;
  clock: Clock;
  trust: ClockTrust;
  log: Logger;
  vault: Vault;
  memory: AgentMemory;
  meter: Meter;
  thrift: () => Thrift;
  latency: LatencyWatch;
  credentials: CredentialSet;
  modem: Modem | undefined;
  best: BestLocation;
  position: PositionChoice;
  outputs: Outputs;
  /** The whole status object, for state records, alarms and who asks for a report. */
  status: () => StatusSnapshot;
  session: CorrectionLane | undefined;
  wakeSession: () => void;
  wake: (lane: string) => void;
  networkUp: (signal: AbortSignal) => Promise<void>;
  requestRenewal: ((reason: string) => void) | undefined;
  ladder: NetworkLadder | undefined;
  onChange: () => void;
  /** Told each record that was taken, with its id. */
  onRecord?: ((cloud: string, id: string, record: NewRecord) => void) | undefined;
}

export interface CloudSide extends AsyncDisposable {
  readonly lanes: readonly Lane[];
  /** Tells what an earlier life left without an answer, and begins to look. */
  start(signal: AbortSignal): Promise<void>;
  views(): Pick<StatusSnapshot, 'located' | 'clouds' | 'outputs' | 'commands'>;
}

const MIB = 1_048_576;
const DAY_MS = 86_400_000;

/** Errors: `config.unreadable` for a CA file, `thingspace.config`. */
export async function createCloudSide(deps: CloudSideDeps): Promise<CloudSide> {
  const { config, clock, trust, log, memory, best } = deps;
  const resources = createDisposer();
  const boot = await countBoot(memory.boot, highestBoot(join(deps.vault.dir, 'outbox')), log);
  const outboxes = new Map<string, Outbox>();
  const open = async (destination: string): Promise<Outbox> => {
    const outbox = await openOutbox(
      { clock, log, isTimeTrusted: () => trust.status().state === 'trusted' },
      {
        ...{ dir: join(deps.vault.dir, 'outbox', destination), destination, boot, sync: config.outbox.sync },
        maxBytes: config.outbox.maxMiB * MIB,
        maxAgeMs: config.outbox.maxDays * DAY_MS,
        minFreeBytes: config.outbox.minFreeMiB * MIB,
      },
    );
    resources.use(outbox);
    outboxes.set(destination, outbox);
    return deps.latency.timedOutbox(destination, outbox);
  };
  const losantOutbox = config.losant && (await open('losant'));
  const deviceWiseOutbox = config.deviceWise && (await open(DEVICEWISE));

  const life = new AbortController();
  const telling = createTelling({
    ...{ clock, trust, log, outboxes, status: deps.status, onRecord: deps.onRecord },
    stateEveryMs: (cloud) =>
      Math.max(
        ((cloud === DEVICEWISE ? config.deviceWise?.stateSeconds : config.losant?.stateSeconds) ?? 300) * 1000,
        deps.thrift().stateAtLeastMs,
      ),
    answersAll: new Set([DEVICEWISE]),
  });
  const asked = await loadReportInterval(memory.reportInterval, config.commands.allow, log);
  const { durable, minAccuracyM } = config.location;
  const sampler = createSampler(
    { clock, trust, best, emit: telling.put },
    { intervalMs: (asked?.seconds ?? config.location.reportSeconds) * 1000, durable, minAccuracyM },
  );
  resources.add(() => sampler[Symbol.dispose]());

  const commands: CloudCommands = createCloudCommands(
    {
      ...{ clock, log, trust, slot: memory.cloudCommands, signal: life.signal },
      effects: createCommandEffects({
        clock,
        status: () => ({ ...deps.status() }),
        session: deps.session,
        wakeSession: deps.wakeSession,
        requestRenewal: deps.requestRenewal,
        ladder: deps.ladder,
        intervalSlot: memory.reportInterval,
        applyInterval: (seconds) => sampler.setIntervalMs(seconds * 1000),
      }),
      onInterrupted: ({ from, ...result }) => telling.result(from, result),
    },
    config.commands,
  );

  const clouds: Cloud[] = [];
  const use = (cloud: Cloud): void => void clouds.push(resources.use(cloud));
  try {
    if (config.thingspace) use(await createThingspaceCloud({ ...deps, settings: config.thingspace }));
    if (config.losant && losantOutbox)
      use(
        await createLosantCloud({
          ...deps,
          ...{ settings: config.losant, outbox: losantOutbox, boot, sink: commands.sink },
          reportSeconds: config.location.reportSeconds,
          answer: (result) => telling.result('losant', result),
        }),
      );
    if (config.deviceWise && deviceWiseOutbox)
      use(
        await createDeviceWiseCloud({
          ...deps,
          ...{ settings: config.deviceWise, outbox: deviceWiseOutbox, boot, sink: commands.sink },
          answer: (result) => telling.result(DEVICEWISE, result),
          put: (kind, body) => telling.putTo(DEVICEWISE, kind, body),
        }),
      );
    if (config.fleet) use(await createFleetCloud({ ...deps, settings: config.fleet }));
  } catch (error) {
    // Another agent may be made in this process: the outboxes must not stay open.
    life.abort();
    await resources[Symbol.asyncDispose]();
    throw error;
  }

  return {
    lanes: clouds.flatMap(({ lanes }) => lanes),
    async start(signal) {
      telling.start(signal);
      await commands.interrupted();
    },
    views() {
      const located = locatedView(best.current(), sampler.intervalMs);
      const shown = clouds.map((cloud): CloudView => {
        const view = cloud.view();
        const outbox = outboxes.get(view.name);
        return outbox ? { ...view, outbox: outboxView(outbox.status()) } : view;
      });
      const outputs = deps.outputs.views();
      const told = commandsView(commands.snapshot(), clock);
      return {
        ...(located ? { located } : {}),
        ...(shown.length > 0 ? { clouds: shown } : {}),
        ...(outputs.length > 0 ? { outputs } : {}),
        ...(told ? { commands: told } : {}),
      };
    },
    async [Symbol.asyncDispose]() {
      life.abort();
      await resources[Symbol.asyncDispose]();
    },
  };
}
