// Everything of the agent that exists because there is a modem: the module behind the port book, its lane, the two
// ladders, the look at the data path, what people may ask of it. Wiring only.
import type { Config } from '../config/index.js';
import type { Clock, Logger, WaymarkError } from '../core/index.js';
import { holderCure, type PortHolder, type Roots } from '../link/index.js';
import type { Modem } from '../modem/index.js';
import type { ModemView, StatusActions } from '../status/index.js';
import { createDataPath, type DataPath, type ProbeTarget } from './data-path.js';
import type { Thrift } from './data-use/index.js';
import type { LampBoard } from './lamp-board.js';
import type { Lane } from './lane.js';
import { createModemLane } from './lanes/modem.js';
import { lampsFromModem } from './lanes/modem-lamps.js';
import type { AgentMemory } from './memory.js';
import { createModemActions } from './modem-actions.js';
import { createNetworkLadder, type NetworkLadder } from './network-ladder.js';
import type { PortBook } from './ports/book.js';
import { createPowerCycle, lastKnownPlace } from './power.js';
import type { RecoveryState } from './recovery.js';
import type { Trace } from './trace.js';

export interface ModemSideDeps {
  config: Config;
  settings: NonNullable<Config['modem']>;
  modem: Modem;
  book: PortBook;
  roots: Roots;
  memory: AgentMemory;
  lamps: LampBoard;
  trace: Trace;
  clock: Clock;
  log: Logger;
  env: NodeJS.ProcessEnv;
  /** The gateway's own service, when it is known already. */
  service: () => ProbeTarget | undefined;
  newSession: () => void;
  thrift: () => Thrift;
  /** Told each failure of the modem lane. */
  onFailure: (error: WaymarkError) => void;
  /** The card asked for its PIN and is open now. */
  onPinAccepted: () => void;
  /** Ends the agent so that its service manager starts it anew. */
  giveBack: (reason: WaymarkError) => void;
}

export interface ModemSide {
  readonly lanes: readonly Lane[];
  readonly actions: StatusActions;
  readonly ladder: NetworkLadder;
  /** What the agent knows about the module beyond what the module says. */
  view(): Pick<ModemView, 'portName' | 'portFound' | 'sharedWith' | 'road' | 'recovery'>;
}

export function createModemSide(deps: ModemSideDeps): ModemSide {
  const { config, settings, modem, book, roots, memory, lamps, clock, log, env } = deps;
  const { recovery } = config;
  const place = lastKnownPlace(() => book.current('modem')?.port?.usb?.busPath);
  const power = recovery.power ?? (recovery.powerHook ? 'command' : 'off');
  const powerCycle = createPowerCycle(
    { power, powerHook: recovery.powerHook },
    { clock, sys: roots.sys, busPath: place.busPath, env },
  );
  let others: readonly PortHolder[] = [];
  let roadTrouble: WaymarkError | undefined;
  let lastRungTrouble: WaymarkError | undefined;

  const ladder = createNetworkLadder(
    {
      clock,
      log: log.child('recovery'),
      recovery: memory.recovery,
      newSession: deps.newSession,
      probeRoad: (signal) => dataPath?.probe(signal) ?? Promise.resolve('unknown'),
      modemRung: (rung, signal) => modem.recover(rung, { signal }),
      registration: () => modem.snapshot().registration.state,
      mayGiveBack: () => !lamps.isLit('session'),
      ...(recovery.giveBack ? { giveBack: deps.giveBack } : {}),
    },
    { mode: settings.bearer.mode, moduleReset: recovery.moduleReset, limits: recovery },
  );
  const { probe } = settings.dataPath;
  const everySeconds = (): number => Math.max(probe.everySeconds, deps.thrift().probeAtLeastSeconds);
  const dataPath: DataPath | undefined = probe.enabled
    ? createDataPath(
        {
          clock,
          log: log.child('data-path'),
          service: deps.service,
          hasSession: () => lamps.isLit('session'),
          report: (verdict) => {
            roadTrouble = verdict === 'works' ? undefined : verdict;
            lampsFromModem(modem.snapshot(), lamps, roadTrouble);
            void ladder.report(verdict === 'works' ? { by: 'probe', ok: true } : { by: 'probe', failure: verdict });
          },
        },
        { everySeconds, target: probe.target, interface: settings.dataPath.interface },
      )
    : undefined;

  const lane = createModemLane(
    {
      modem,
      lamps,
      clock,
      log: log.child('recovery'),
      recovery: memory.recovery,
      powerCycle,
      otherPort: { exists: () => book.secondary() !== undefined, use: (isOther) => book.useSecondary(isOther) },
      portChanged: (waitMs, signal) => book.whenChanged('modem', settings.port, waitMs, signal),
      holders: () => book.holders('modem'),
      cureOf: (holders) => {
        const current = book.current('modem');
        return holderCure(holders, current?.port, current?.path ?? settings.port);
      },
      onHolders: (now) => {
        others = now;
      },
      network: (report) => ladder.report(report),
      roadTrouble: () => roadTrouble,
      onRung: (_rung, outcome) => {
        lastRungTrouble = outcome === 'done' ? undefined : outcome;
      },
      ...(recovery.giveBack ? { giveBack: deps.giveBack } : {}),
    },
    {
      pollSeconds: settings.pollSeconds,
      ...{ moduleReset: recovery.moduleReset, giveBack: recovery.giveBack, limits: recovery },
    },
  );
  const watched: Lane = {
    ...lane,
    onFailure(failure, signal) {
      deps.onFailure(failure.error);
      return lane.onFailure?.(failure, signal);
    },
  };
  // The place is noted while the device is there: when power has to be cut it is often gone.
  modem.onChange(place.note);
  lamps.onChange(() => {
    // A session is evidence that something comes back.
    if (!roadTrouble || !lamps.isLit('session')) return;
    roadTrouble = undefined;
    lampsFromModem(modem.snapshot(), lamps);
  });
  let asked = false;
  modem.onChange(() => {
    const { sim } = modem.snapshot();
    if (sim === 'ready' && asked) deps.onPinAccepted();
    if (sim === 'ready' || sim === 'pin') asked = sim === 'pin';
  });

  return {
    lanes: [watched, ladder.lane, ...(dataPath ? [dataPath.lane] : [])],
    actions: createModemActions({ modem, trace: deps.trace }),
    ladder,
    view() {
      const found = book.current('modem');
      const road = dataPath?.snapshot();
      const ladders = memory.recovery.latest();
      return {
        ...(found ? { portName: found.stableName, portFound: found.how } : {}),
        ...(others.length === 0 ? {} : { sharedWith: others.map(({ name, pid }) => ({ name, pid })) }),
        ...(road
          ? {
              road: {
                state: road.state,
                ...(road.lastOkMonoMs === undefined ? {} : { lastOkMs: Math.round(clock.mono() - road.lastOkMonoMs) }),
                ...(road.lastReason === undefined ? {} : { reason: road.lastReason }),
              },
            }
          : {}),
        recovery: {
          channel: {
            ...climbView(ladders.channel),
            ...(lastRungTrouble ? { lastRungFailed: lastRungTrouble.message } : {}),
          },
          network: climbView(ladders.network),
        },
      };
    },
  };
}

function climbView(state: RecoveryState['channel']): NonNullable<ModemView['recovery']>['channel'] {
  const { failures, lastRung, lastReason, atWallMs } = state;
  return {
    failures,
    ...(lastRung === undefined ? {} : { lastRung }),
    ...(lastReason === undefined ? {} : { lastReason }),
    ...(atWallMs === undefined ? {} : { at: new Date(atWallMs).toISOString() }),
  };
}
