// A simulated module with two AT ports on one side, the agent's recovery on the other: modem, lane, both ladders and the
// data path as in the agent, on a clock that is moved by hand.
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { createDataPath, type DataPath } from '../../src/agent/data-path.js';
import { createLampBoard, type LampBoard } from '../../src/agent/lamp-board.js';
import { createModemLane } from '../../src/agent/lanes/modem.js';
import { createNetworkLadder, type NetworkLadder } from '../../src/agent/network-ladder.js';
import { RECOVERY_START, type RecoveryState } from '../../src/agent/recovery.js';
import { createRecoveryMemory } from '../../src/agent/recovery-memory.js';
import { createSupervisor } from '../../src/agent/supervisor.js';
import {
  createFakeClock,
  type FakeClock,
  type Logger,
  silentLogger,
  sleep,
  WaymarkError,
} from '../../src/core/index.js';
import { type Link, memoryLinkPair } from '../../src/link/index.js';
import { createModem } from '../../src/modem/index.js';
import { createSimModule, type SimModule, type SimModuleOptions } from '../../src/sim/module/index.js';
import type { PortLike } from '../../src/sim/plug.js';

interface MemoryPort extends PortLike {
  open(): Link;
  /** Hangs up, as a pulled cable does. */
  hangUp(): Promise<void>;
}

function memoryPort(): MemoryPort {
  const readers = new Set<(bytes: Uint8Array) => void>();
  let far: Link | undefined;
  return {
    write: (bytes) => void far?.write(bytes).catch(() => undefined),
    onBytes(cb) {
      readers.add(cb);
      return () => void readers.delete(cb);
    },
    open() {
      const [near, end] = memoryLinkPair();
      far = end;
      void (async () => {
        for await (const bytes of end.bytes) for (const cb of [...readers]) cb(bytes);
      })();
      return near;
    },
    async hangUp() {
      await far?.[Symbol.asyncDispose]();
      far = undefined;
    },
  };
}

export interface LadderRig extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly module: SimModule;
  readonly lamps: LampBoard;
  readonly ladder: NetworkLadder;
  readonly road: DataPath;
  /** What was done, in order: `recovery.rung` by ladder, opened ports, power, sessions, giving back. */
  readonly deeds: string[];
  readonly world: {
    isPlugged: boolean;
    /** What the operator's power hook does. */
    power: () => void;
    /** Whether anything answers behind the data connection. */
    hasRoad: () => boolean;
  };
  /** Every line the module was sent, of both ports, without AT. */
  sent(): string[];
  hangUp(): Promise<void>;
  restarts(): number;
  kept(): RecoveryState;
  /** Moves time until `check` is true. */
  until(what: string, check: () => boolean, limitMs?: number): Promise<void>;
}

const STEP_MS = 250;
const LIMITS = { maxResetsPerHour: 3, maxPowerCyclesPerHour: 2 };

export interface RigOptions {
  module?: Partial<SimModuleOptions>;
  mode?: 'observe' | 'activate';
  /** The module has a second AT port. */
  hasOther?: boolean;
  hasPower?: boolean;
  moduleReset?: boolean;
}

export function ladderRig(options: RigOptions = {}): LadderRig {
  const { mode = 'activate', hasOther = false, hasPower = true, moduleReset = true } = options;
  const clock = createFakeClock(Date.UTC(2026, 5, 15));
  const stop = new AbortController();
  const deeds: string[] = [];
  const sent: string[] = [];
  const first = memoryPort();
  const second = memoryPort();
  const module = createSimModule({
    port: first,
    ...(hasOther ? { secondary: second } : {}),
    clock,
    log: silentLogger,
    latencyScale: 0,
    boot: 2000,
    transcript: ({ direction, text }) => {
      if (direction === '>') sent.push(text.slice(2));
    },
    ...options.module,
  });
  const world = { isPlugged: true, power: (): void => undefined, hasRoad: () => module.pdpActive };
  const log: Logger = {
    ...silentLogger,
    warn: (event, fields) => {
      if (event === 'recovery.rung') deeds.push(`${String(fields?.['ladder'])}: ${String(fields?.['rung'])}`);
    },
  };
  let onOther = false;
  let kept: RecoveryState = RECOVERY_START;
  const recovery = createRecoveryMemory(
    {
      read: () => Promise.resolve({ value: kept, generation: 'current' }),
      write: (value) => Promise.resolve(void (kept = structuredClone(value))),
    },
    silentLogger,
  );
  const modem = createModem(
    {
      open: () => {
        if (!world.isPlugged) return Promise.reject(new WaymarkError('link.absent', 'no such port'));
        deeds.push(onOther ? 'open second' : 'open first');
        return Promise.resolve((onOther ? second : first).open());
      },
      clock,
      log: silentLogger,
    },
    {
      port: '/dev/simulated',
      baudRate: 115_200,
      profile: 'auto',
      commandGapMs: 0,
      pollSeconds: 15,
      bearer: { mode, contextId: 1, ipType: 'IP' },
    },
  );
  const lamps = createLampBoard(['modem', 'sim', 'network', 'session'], clock, silentLogger);
  const road = createDataPath(
    {
      clock,
      log: silentLogger,
      service: () => ({ host: '192.0.2.1', port: 8883 }),
      hasSession: () => false,
      report: (verdict) =>
        void ladder.report(verdict === 'works' ? { by: 'probe', ok: true } : { by: 'probe', failure: verdict }),
      connect: () => {
        const socket = Object.assign(new EventEmitter(), { destroy: () => undefined });
        setImmediate(() => {
          if (world.hasRoad()) socket.emit('connect');
          else socket.emit('error', Object.assign(new Error('no route'), { code: 'ENETUNREACH' }));
        });
        return socket as unknown as Socket;
      },
    },
    { everySeconds: () => 60 },
  );
  const giveBack = (reason: WaymarkError): void => void deeds.push(`give back: ${reason.code}`);
  const ladder = createNetworkLadder(
    {
      clock,
      log,
      recovery,
      newSession: () => void deeds.push('session'),
      probeRoad: (signal) => road.probe(signal),
      modemRung: (rung, signal) => modem.recover(rung, { signal }),
      registration: () => modem.snapshot().registration.state,
      giveBack,
      mayGiveBack: () => true,
    },
    { mode, moduleReset, limits: LIMITS },
  );
  const lane = createModemLane(
    {
      modem,
      lamps,
      clock,
      log,
      recovery,
      ...(hasPower
        ? {
            powerCycle: () => {
              deeds.push('power hook');
              world.power();
              return Promise.resolve();
            },
          }
        : {}),
      otherPort: { exists: () => hasOther, use: (isOther) => void (onOther = isOther) },
      portChanged: async (waitMs, signal) => {
        await sleep(clock, Math.min(waitMs, 1000), signal);
        while (!world.isPlugged) await sleep(clock, STEP_MS, signal);
      },
      network: (report) => ladder.report(report),
      giveBack,
    },
    { pollSeconds: 15, moduleReset, giveBack: true, limits: LIMITS },
  );
  const supervisor = createSupervisor({ clock, log: silentLogger, random: () => 0.5, onChange: () => undefined });
  const running = supervisor.run([lane, ladder.lane, road.lane], stop.signal);

  return {
    clock,
    module,
    lamps,
    ladder,
    road,
    deeds,
    world,
    sent: () => sent,
    hangUp: () => first.hangUp(),
    restarts: () => supervisor.part('modem')?.restarts ?? 0,
    kept: () => kept,
    async until(what, check, limitMs = 3_600_000) {
      for (let spent = 0; !check(); spent += STEP_MS) {
        if (spent > limitMs) throw new Error(`never ${what}; done so far: ${deeds.slice(-30).join(', ')}`);
        await clock.advance(STEP_MS);
        // Whatever becomes of the module, the watchdog has nothing to end.
        const hanging = supervisor.stuck();
        if (hanging.length > 0) throw new Error(`called hanging: ${hanging.join(' ')}`);
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      const lanes = { areOver: false };
      void running.catch(() => undefined).then(() => (lanes.areOver = true));
      while (!lanes.areOver) await clock.advance(STEP_MS);
      await modem[Symbol.asyncDispose]();
      await module[Symbol.asyncDispose]();
    },
  };
}
