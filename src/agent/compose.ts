// The only wiring: makes every part from the configuration and hands each just what it needs. No decisions live here
// beyond "is it configured".

import { randomUUID } from 'node:crypto';
import type { Config } from '../config/index.js';
import {
  aborted,
  type Clock,
  createClockTrust,
  createDisposer,
  deferred,
  isWaymarkError,
  type Logger,
  linkedController,
  type NewRecord,
  onAbort,
  withDeadline,
} from '../core/index.js';
import { ROOTS, type Roots } from '../link/index.js';
import { createMeter } from '../net/index.js';
import {
  createHistory,
  type HistoryKeeper,
  type LogTail,
  type PartView,
  type StatusActions,
  type StatusSnapshot,
} from '../status/index.js';
import { lockDirectory, openVault } from '../vault/index.js';
import { closing } from './closing.js';
import { createCloudSide } from './clouds/side.js';
import { createCorrectionSide } from './correction-side.js';
import { createCredentials } from './credentials.js';
import type { ProbeTarget } from './data-path.js';
import { createDataKeeper } from './data-use/index.js';
import { createDevices } from './devices.js';
import { type AgentDoors, openDoors } from './doors.js';
import { createIdentityHolder } from './identity-holder.js';
import { createLampBoard } from './lamp-board.js';
import type { Lane } from './lane.js';
import { createClockLane } from './lanes/clock.js';
import { createReceiverLane, showFix } from './lanes/receiver.js';
import { createLatencyWatch } from './latency.js';
import { createLocationSide } from './location-side.js';
import { memorySlots } from './memory.js';
import { createModemSide } from './modem-side.js';
import { untilNetwork } from './network-up.js';
import { wakeWithTheNetwork } from './on-network.js';
import { identityOrigin, presentLamps } from './parts.js';
import { createPersonActions } from './person-actions.js';
import { buildSnapshot } from './report.js';
import { reportPin } from './report-credentials.js';
import { makeRuntimeDir } from './runtime-dir.js';
import { serviceOf } from './service.js';
import { createServiceManager, type ServiceManager } from './service-manager.js';
import { slowerWhenMetered } from './slower-lanes.js';
import type { ConfigReader, ProcessLife } from './successors.js';
import { createSupervisor } from './supervisor.js';
import { everySecond } from './ticks.js';
import { buildTimeMs } from './version.js';
import { watchLoopLag } from './watchdog.js';

export interface AgentDeps {
  config: Config;
  /** Relative file names of the configuration are meant from here. */
  configDir: string;
  clock: Clock;
  log: Logger;
  env: NodeJS.ProcessEnv;
  /** The AT dialogue, secrets already removed. */
  transcript?: (direction: '>' | '<', line: string) => void;
  /** Where the machine's ports are read (default: the real ones). */
  roots?: Roots;
  /** Told each record taken for a cloud, with its id. */
  onRecord?: (cloud: string, id: string, record: NewRecord) => void;
  /** Where agents follow one another in one process: what stays the same. */
  life?: ProcessLife;
  /** Absent where the configuration was not read from a file. */
  reload?: ConfigReader;
  /** Off on a scaled clock: its future must not become the next start's floor. */
  keepClockFloor?: boolean;
  /** The file the configuration is from, for those who ask. */
  configFile?: string;
  /** The last lines of `log`. */
  logTail?: LogTail;
  setLogLevel?: StatusActions['setLogLevel'];
  /** One that goes on over several agents (default: of this one). */
  history?: HistoryKeeper;
  /** Another port for the page when the configured one is taken (the demo). */
  isAnyPortFine?: boolean;
}

export interface Agent {
  /** Runs until `signal`; then drains within ten seconds. Rejects when a lane dies of defects (exit 70). */
  run(options: { signal: AbortSignal }): Promise<void>;
  snapshot(): StatusSnapshot;
  /** How things stood when it was asked to stop. */
  lastSnapshot(): StatusSnapshot;
  /** Reads the files of all secrets again. */
  lookAtSecrets(): void;
  onChange(listener: () => void): () => void;
}

const DRAIN_MS = 10_000;

/** Makes the agent; opens the vault but no device or connection. Errors: `vault.*`, `identity.invalid`, `config.unreadable`. */
export async function createAgent(deps: AgentDeps): Promise<Agent> {
  const { config, configDir, clock, log, env } = deps;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const onChange = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };

  makeRuntimeDir(config.runtimeDir, config.status.socketMode);
  const vault = await openVault(config.stateDir, { clock, log });
  const unlock = lockDirectory(config.stateDir, (error) =>
    log.error('vault.unmarked', { error }, 'A second agent on this state directory would not be noticed.'),
  );
  const memory = memorySlots(vault, clock, log.child('memory'));
  const floor = (await memory.clockFloor.read())?.value ?? 0;
  const configuredFloor = config.clock.floor === undefined ? 0 : Date.parse(config.clock.floor);
  const trust = createClockTrust(clock, Math.max(buildTimeMs, floor, configuredFloor), {
    requireConfirmation: config.clock.requireSync,
  });

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
    // A dark network lamp would only cost a try; without a modem nobody lights it, and the try decides.
    isNetworkUp: () => lamps.condition().lamps.network.state !== 'dark',
  });

  // Known from the first look on, not only once somebody asks for the value.
  void credentials.ztpToken?.reload();

  const supervisor = createSupervisor({ clock, log, random: Math.random, onChange: changed });
  const roots = deps.roots ?? ROOTS;
  const latency = createLatencyWatch(clock);
  const meter = latency.timedMeter(createMeter());
  const data = await createDataKeeper({ clock, trust, log, meter, slot: memory.dataMonth }, config.dataBudget);
  const { book, trace, modem, receiver } = await createDevices({
    ...{ config, configDir, clock, log, env, roots, credentials, memory, transcript: deps.transcript },
    wakeModem: () => supervisor.wake('modem'),
    onModuleTraffic: (bytes) => meter.note('devicewise', bytes),
  });
  receiver?.onUtc((utcMs) => trust.offer('gnss', utcMs));
  const bootId = deps.life?.bootId ?? randomUUID();
  const networkUp = untilNetwork(lamps, clock);
  const location = await createLocationSide({
    config,
    configDir,
    clock,
    trust,
    log,
    bootId,
    vault,
    memory,
    meter,
    credentials,
    receiver,
    modem,
    lamps,
    networkUp,
    onChange: changed,
  });
  const { identity, session, ...correction } = await createCorrectionSide({
    config,
    configDir,
    clock,
    trust,
    log,
    meter,
    thrift: data.thrift,
    memory,
    credentials,
    holder,
    receiver,
    modem,
    lamps,
    location,
    networkUp,
    newSession: () => supervisor.wake('session'),
    onSession: (result) =>
      void side?.ladder.report(result === 'ok' ? { by: 'session', ok: true } : { by: 'session', failure: result }),
  }).catch(closing(location));

  const gaveUp = deferred<never>();
  gaveUp.promise.catch(() => undefined);
  const service = (): ProbeTarget | undefined => serviceOf(holder.current(), config);
  const side =
    modem &&
    config.modem &&
    createModemSide({
      config,
      settings: config.modem,
      modem,
      book,
      roots,
      memory,
      lamps,
      trace,
      clock,
      log,
      env,
      service,
      newSession: () => supervisor.wake('session'),
      thrift: data.thrift,
      onFailure: (error) => reportPin(error, credentials),
      onPinAccepted: () => reportPin('accepted', credentials),
      giveBack: (reason) => {
        log.error('agent.give-back', { error: reason }, 'Everything was tried and nothing helped: starting anew.');
        gaveUp.reject(reason);
      },
    });

  const lanes: Lane[] = [...correction.lanes];
  if (receiver && config.gnss) {
    const { port } = config.gnss;
    const portChanged = (waitMs: number, signal: AbortSignal): Promise<void> =>
      book.whenChanged('gnss', port, waitMs, signal);
    lanes.push(createReceiverLane({ receiver, lamps, clock, portChanged }));
  }
  if (side) lanes.push(...side.lanes);
  lanes.push(...location.lanes);
  const clouds = await createCloudSide({
    ...{ config, configDir, clock, trust, log, vault, memory, meter, credentials, modem, session, latency },
    thrift: data.thrift,
    ...{ best: location.best, position: location.position, outputs: location.outputs },
    status: () => snapshot(),
    wake: (lane) => supervisor.wake(lane),
    networkUp,
    wakeSession: () => supervisor.wake('session'),
    requestRenewal: identity ? holder.requestRenewal : undefined,
    ladder: side?.ladder,
    onChange: changed,
    onRecord: deps.onRecord,
  }).catch(closing(location));
  lanes.push(...clouds.lanes);
  lanes.push(
    createClockLane({
      clock,
      trust,
      networkTime: () => modem?.snapshot().networkTime,
      saveFloor: (utcMs) => (deps.keepClockFloor === false ? Promise.resolve() : memory.clockFloor.write(utcMs)),
    }),
  );
  wakeWithTheNetwork(lamps, supervisor);

  const lag = watchLoopLag(clock, log);
  const { startedMonoMs, startedWallMs } = deps.life ?? { startedMonoMs: clock.mono(), startedWallMs: clock.wall() };
  const history = deps.history ?? createHistory(clock);
  let doors: AgentDoors | undefined;
  let isReady = false;
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
          ? doors
            ? { ...statusPart, sinceMs: Math.round(clock.mono() - startedMonoMs) }
            : undefined
          : supervisor.part(name),
      trust,
      modem: modem && (() => modem.snapshot()),
      modemSide: side && (() => side.view()),
      receiver,
      identity: {
        current: holder.current,
        source: identityOrigin(config),
        state: () => identity?.state() ?? { state: 'none', callsToday: 0 },
      },
      session,
      location,
      clouds: clouds.views,
      credentials: credentials.statuses,
      bytes: () =>
        Object.fromEntries(
          Object.entries(meter.totals()).map(([purpose, t]) => [purpose, { in: t.bytesIn, out: t.bytesOut }]),
        ),
      loopLag: () => lag.read(),
      data: data.view,
      config: deps.reload?.view,
      latency: latency.last,
      page: () => doors?.page,
    });
  let last: StatusSnapshot | undefined;

  async function run({ signal }: { signal: AbortSignal }): Promise<void> {
    await using resources = createDisposer();
    resources.add(unlock);
    // Written last: what closes still says good-bye over the road.
    resources.use(data);
    data.start();
    using scope = linkedController(signal);
    resources.add(async () => {
      lag[Symbol.dispose]();
      credentials[Symbol.dispose]();
      await credentials.flush();
    });
    credentials.watch();
    if (modem) resources.use(modem);
    resources.use(location);
    resources.use(clouds);
    const manager = createServiceManager(env, clock, log);
    const running = supervisor.run(slowerWhenMetered(lanes, data.thrift), scope.signal);
    running.catch(() => undefined);
    const stopping = (): void => {
      last ??= snapshot();
      isReady = false;
      if (deps.reload?.isUnderWay()) manager.reloading();
      else manager.stopping();
      lamps.send({ is: 'stop', wallMs: clock.wall() });
    };
    resources.add(onAbort(signal, stopping));
    try {
      // The doors open beside the lanes: the first correction must not wait for them.
      doors = await openDoors({
        ...{ config, configFile: deps.configFile, clock, log, snapshot, history, logTail: deps.logTail, onChange },
        actions: {
          ...{ ...side?.actions, testToken: credentials.test, rotateToken: credentials.rotate },
          ...(deps.setLogLevel && { setLogLevel: deps.setLogLevel }),
          runPersonAction: createPersonActions({
            ...{ log: log.child('person'), session, ladder: side?.ladder, life: scope.signal },
            wakeSession: () => supervisor.wake('session'),
            requestRenewal: identity ? holder.requestRenewal : undefined,
            reloadConfig: deps.reload?.run,
          }),
        },
        isReady: () => isReady,
        isAnyPortFine: deps.isAnyPortFine === true,
      });
      resources.use(doors);
      isReady = true;
      log.info('agent.started', { bootId, lanes: lanes.map((lane) => lane.name) });
      manager.ready();
      deps.reload?.onReady?.();
      void clouds.start(scope.signal);
      resources.add(everySecond(clock, tick(manager)));
      await Promise.race([running, aborted(signal), gaveUp.promise]);
    } finally {
      scope.abort();
      await withDeadline({ clock, ms: DRAIN_MS, what: 'lanes to end' }, () => running).catch((error: unknown) => {
        if (!scope.signal.aborted || isWaymarkError(error, 'core.timeout')) log.warn('agent.drain', { error });
      });
    }
    lamps.send({ is: 'drained', wallMs: clock.wall() });
    log.info('agent.stopped', { bootId });
    await running;
  }

  const tick =
    (manager: ServiceManager): (() => void) =>
    () => {
      session?.show();
      if (receiver) showFix({ receiver, lamps, clock });
      const now = snapshot();
      history.add(now);
      manager.tick(supervisor.stuck(), () => now.why);
      changed();
    };

  return {
    run,
    snapshot,
    lastSnapshot: () => last ?? snapshot(),
    lookAtSecrets() {
      for (const credential of credentials.all()) void credential.reload();
    },
    onChange,
  };
}
