// The only wiring: makes every part from the configuration and hands each just what it needs. No decisions live here
// beyond "is it configured".

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import type { Config } from '../config/index.js';
import {
  type Clock,
  createClockTrust,
  createDisposer,
  type Logger,
  type Secret,
  type WaymarkError,
} from '../core/index.js';
import { createReceiver, type Receiver } from '../gnss/index.js';
import { createLinkOpener } from '../link/index.js';
import { createModem, type Modem } from '../modem/index.js';
import { createMeter } from '../net/index.js';
import { type LampName, openStatusServer, type PartView, type StatusSnapshot } from '../status/index.js';
import { openVault } from '../vault/index.js';
import { createCorrectionService } from './correction-service.js';
import { type CredentialSet, createCredentials } from './credentials.js';
import { createIdentityHolder } from './identity-holder.js';
import { createIdentitySource } from './identity-source.js';
import { createLampBoard } from './lamp-board.js';
import type { Lane } from './lane.js';
import { createClockLane } from './lanes/clock.js';
import { createCorrectionLane } from './lanes/corrections.js';
import { createIdentityLane } from './lanes/identity.js';
import { createModemLane } from './lanes/modem.js';
import { createReceiverLane, showFix } from './lanes/receiver.js';
import { memorySlots } from './memory.js';
import { untilNetwork } from './network-up.js';
import { createPowerHook } from './power.js';
import { buildSnapshot } from './report.js';
import { createSupervisor } from './supervisor.js';
import { buildTimeMs } from './version.js';
import { createServiceManager, watchLoopLag } from './watchdog.js';

export interface AgentDeps {
  config: Config;
  /** Relative file names of the configuration are meant from here. */
  configDir: string;
  clock: Clock;
  log: Logger;
  env: NodeJS.ProcessEnv;
  /** The AT dialogue, secrets already removed. */
  transcript?: (direction: '>' | '<', line: string) => void;
  /** Off on a scaled clock: its future must not become the next start's floor. */
  keepClockFloor?: boolean;
}

export interface Agent {
  /** Runs until `signal`; then drains within ten seconds. Rejects when a lane dies of defects (exit 70). */
  run(options: { signal: AbortSignal }): Promise<void>;
  snapshot(): StatusSnapshot;
  /** How things stood when it was asked to stop. */
  lastSnapshot(): StatusSnapshot;
  onChange(listener: () => void): () => void;
}

const TICK_MS = 1000;

/** Makes the agent; opens the vault but no device or connection. Errors: `vault.*`, `identity.invalid`, `config.unreadable`. */
export async function createAgent(deps: AgentDeps): Promise<Agent> {
  const { config, configDir, clock, log, env } = deps;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  mkdirSync(config.runtimeDir, { recursive: true, mode: 0o700 });
  const vault = await openVault(config.stateDir, { clock, log });
  const memory = memorySlots(vault);
  const floor = (await memory.clockFloor.read())?.value ?? 0;
  const configuredFloor = config.clock.floor === undefined ? 0 : Date.parse(config.clock.floor);
  const trust = createClockTrust(clock, Math.max(buildTimeMs, floor, configuredFloor));

  const lamps = createLampBoard(presentLamps(config), clock, log);
  lamps.onChange(changed);
  const holder = createIdentityHolder();
  const credentials = createCredentials({
    config,
    configDir,
    env,
    clock,
    log,
    vault,
    isWallTrusted: () => trust.status().state === 'trusted',
    identity: holder.current,
  });

  const open = createLinkOpener({ clock, log: log.child('link') });
  const modem = config.modem && (await makeModem(config.modem, deps, credentials, open));
  const receiver = config.gnss && makeReceiver(config, config.gnss, deps, open);
  receiver?.onUtc((utcMs) => trust.offer('gnss', utcMs));
  const meter = createMeter();
  const corrections = await createCorrectionService({
    config,
    configDir,
    clock,
    log,
    meter,
    receiver,
    holder,
    identitySlot: memory.identity,
  });
  const identity = await createIdentitySource({
    config,
    configDir,
    clock,
    log,
    meter,
    memory,
    modem,
    credentials,
    prove: corrections.prove,
  });

  holder.onChange((next) => {
    void credentials.certificate?.reload();
    if (next.shape === 'keys')
      receiver?.setKeys([next.keys.current, next.keys.next].filter((key) => key !== undefined));
  });

  const supervisor = createSupervisor({ clock, log, random: Math.random, onChange: changed });
  const session =
    identity && config.corrections
      ? createCorrectionLane({
          source: corrections.source,
          receiver,
          lamps,
          clock,
          trust,
          renewed: (listener) => holder.onChange(listener),
          outcome: (result) => reportSession(result, credentials, holder.requestRenewal),
        })
      : undefined;

  const lanes: Lane[] = [];
  if (session) lanes.push(session);
  if (receiver && config.gnss) lanes.push(createReceiverLane({ receiver, lamps, clock }, { port: config.gnss.port }));
  if (identity)
    lanes.push(
      createIdentityLane({ source: identity, holder, lamps, clock, trust, networkUp: untilNetwork(lamps, clock) }),
    );
  if (modem && config.modem)
    lanes.push(
      createModemLane(
        {
          modem,
          lamps,
          clock,
          log: log.child('recovery'),
          ladder: memory.channelLadder,
          powerCycle: config.recovery.powerHook && createPowerHook(config.recovery.powerHook, clock),
        },
        { port: config.modem.port, moduleReset: config.recovery.moduleReset, limits: config.recovery },
      ),
    );
  lanes.push(
    createClockLane({
      clock,
      trust,
      networkTime: () => modem?.snapshot().networkTime,
      saveFloor: (utcMs) => (deps.keepClockFloor === false ? Promise.resolve() : memory.clockFloor.write(utcMs)),
    }),
  );
  // A session that waits for its next try has nothing to wait for once the network is back.
  lamps.onChange(wakeOnRise(lamps, 'network', () => supervisor.wake('session')));

  const lag = watchLoopLag(clock, log);
  const startedMonoMs = clock.mono();
  const startedWallMs = clock.wall();
  const bootId = randomUUID();
  let serving = false;
  const statusPart: PartView = { state: 'ok', sinceMs: 0, attempt: 0, restarts: 0 };
  const snapshot = (): StatusSnapshot =>
    buildSnapshot({
      clock,
      bootId,
      startedWallMs,
      startedMonoMs,
      showIdentifiers: config.log.identifiers,
      lamps,
      part: (name) =>
        name === 'status'
          ? serving
            ? { ...statusPart, sinceMs: Math.round(clock.mono() - startedMonoMs) }
            : undefined
          : supervisor.part(name),
      trust,
      modem: modem && (() => modem.snapshot()),
      receiver,
      identity: {
        current: holder.current,
        source: config.ztp ? 'ztp' : config.identity ? 'files' : 'none',
        state: () => identity?.state() ?? { state: 'none', callsToday: 0 },
      },
      session,
      credentials: () => credentials.all().map((credential) => credential.status()),
      bytes: () =>
        Object.fromEntries(
          Object.entries(meter.totals()).map(([purpose, t]) => [purpose, { in: t.bytesIn, out: t.bytesOut }]),
        ),
      loopLag: () => lag.read(),
    });
  let last: StatusSnapshot | undefined;

  async function run({ signal }: { signal: AbortSignal }): Promise<void> {
    await using resources = createDisposer();
    resources.add(async () => {
      lag[Symbol.dispose]();
      credentials[Symbol.dispose]();
      await credentials.flush();
    });
    credentials.watch();
    if (modem) resources.use(modem);
    const socketMode = Number.parseInt(config.status.socketMode, 8);
    const manager = createServiceManager(env, clock, log);
    const running = supervisor.run(lanes, signal);
    // The doors open beside the lanes: the first correction must not wait for them.
    const doors = openStatusServer(snapshot, { runtimeDir: config.runtimeDir, socketMode, http: config.status.http });
    running.catch(() => undefined);
    resources.use(await doors);
    serving = true;
    log.info('agent.started', { bootId, lanes: lanes.map((lane) => lane.name) });
    manager.ready();
    const tick = (): void => {
      session?.show();
      if (receiver) showFix({ receiver, lamps, clock });
      manager.alive();
      changed();
      timer = clock.deadline(TICK_MS, tick);
    };
    let timer = clock.deadline(TICK_MS, tick);
    resources.add(() => timer.cancel());
    signal.addEventListener('abort', () => {
      last = snapshot();
      manager.stopping();
      lamps.send({ is: 'stop', wallMs: clock.wall() });
    });
    await running;
    lamps.send({ is: 'drained', wallMs: clock.wall() });
  }

  return {
    run,
    snapshot,
    lastSnapshot: () => last ?? snapshot(),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function presentLamps(config: Config): LampName[] {
  const hasIdentity = config.ztp !== undefined || config.identity !== undefined;
  return [
    ...(config.modem ? (['modem', 'sim', 'network'] as const) : []),
    ...(hasIdentity ? (['identity'] as const) : []),
    ...(hasIdentity && config.corrections ? (['session', 'corrections'] as const) : []),
    ...(config.gnss ? (['fix'] as const) : []),
  ];
}

async function makeModem(
  settings: NonNullable<Config['modem']>,
  deps: AgentDeps,
  credentials: CredentialSet,
  open: ReturnType<typeof createLinkOpener>,
): Promise<Modem> {
  const { deviceWise } = settings;
  // A token that cannot be read is said by its credential; the module comes up all the same.
  const appToken: Secret | undefined = await credentials.appToken?.get().then(
    (lease) => lease.value,
    () => undefined,
  );
  return createModem(
    {
      open,
      clock: deps.clock,
      log: deps.log.child('modem'),
      ...(deps.transcript ? { transcript: deps.transcript } : {}),
    },
    {
      port: settings.port,
      baudRate: settings.baudRate,
      profile: settings.profile,
      commandGapMs: settings.commandGapMs,
      pollSeconds: settings.pollSeconds,
      bearer: {
        mode: settings.bearer.mode,
        contextId: settings.bearer.contextId,
        ipType: settings.bearer.ipType,
        ...(settings.bearer.apn === undefined ? {} : { apn: settings.bearer.apn }),
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

function makeReceiver(
  config: Config,
  settings: NonNullable<Config['gnss']>,
  deps: AgentDeps,
  open: ReturnType<typeof createLinkOpener>,
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

/** What a session's end says about the client certificate, and whether asking for a new one may help. */
function reportSession(
  result: 'ok' | WaymarkError,
  credentials: CredentialSet,
  requestRenewal: (reason: string) => void,
): void {
  const { certificate } = credentials;
  if (!certificate) return;
  const { generation } = certificate.status();
  if (result === 'ok') certificate.report({ generation }, { is: 'ok' });
  else if (result.code === 'mqtt.refused' || result.code === 'tls.client-refused') {
    certificate.report(
      { generation },
      { is: 'refused', state: 'rejected', reason: 'refused', evidence: { code: result.code, ...result.evidence } },
    );
    requestRenewal(result.code);
  } else certificate.report({ generation }, { is: 'weather' });
}

/** Calls `fn` when the lamp turns lit. */
function wakeOnRise(lamps: ReturnType<typeof createLampBoard>, name: LampName, fn: () => void): () => void {
  let was = lamps.isLit(name);
  return () => {
    const is = lamps.isLit(name);
    if (is && !was) fn();
    was = is;
  };
}
