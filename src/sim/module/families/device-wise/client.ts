// The client inside the module: carries out what its machine decides, over a road that the world opens
// (specs/devicewise.md 1.4 to 1.9).
import { type Clock, createRunner, type Logger, type Timer } from '../../../../core/index.js';
import { type Connect, pingreq, type ServerPacket } from '../../../mqtt-wire.js';
import { type Dial, type DialTarget, freshDeviceWise } from '../../device-wise.js';
import type { Latency } from '../../latency.js';
import type { ModuleState } from '../../state.js';
import type { Timers } from '../../timers.js';
import { type CloudCalls, createCloudCalls, type RunRemoteAt } from './cloud-calls.js';
import { codeOfConnack, codeOfDialError, DW } from './codes.js';
import { createInbox, type Inbox } from './inbox.js';
import { type LinkEvent, type LinkState, nextLink, statusOf, TICK_MS } from './machine.js';
import { createRequests, type Requests } from './requests.js';
import { targetOf } from './target.js';
import { openWire, type Wire } from './wire.js';

export interface DeviceWiseClient {
  readonly inbox: Inbox;
  readonly requests: Requests;
  /** Is it started, connected or not? */
  readonly isStarted: boolean;
  readonly isConnected: boolean;
  /** Connects; `onEnd` is told once how the first attempt ended (0: connected). */
  start(onEnd: (code: number) => void): void;
  stop(): void;
  /** A round trip to the cloud, ms; a negative code without an answer. */
  ping(onEnd: (latency: number) => void): void;
  /** Context 1 came or went. */
  contextChanged(isActive: boolean): void;
  /** The connection breaks, as the client sees it. */
  drop(code: number): void;
  /** Power is gone, and all it knew with it. */
  sleep(): void;
}

export interface DeviceWiseClientDeps {
  state: ModuleState;
  clock: Clock;
  timers: Timers;
  latency: Latency;
  log: Logger;
  urc: (line: string) => void;
  dial: Dial | undefined;
  runRemoteAt: RunRemoteAt;
}

/** Each of: the road open, the CONNACK there, the ping answered. */
const STEP_MS = 5000;
const MAX_CLIENT_ID = 23;
const MAX_UNANSWERED = 2;
/** The library takes a heartbeat that comes a little early for one in time. */
const HEARTBEAT_MARGIN_MS = 5000;
const CONTEXT = 1;

export function createDeviceWiseClient(deps: DeviceWiseClientDeps): DeviceWiseClient {
  const { state, clock, timers, latency, log } = deps;
  const own = state.deviceWise;
  const inbox = createInbox(own, deps.urc);
  const requests = createRequests({ state: own, timers, write: (bytes) => wire?.send(bytes) });
  const calls: CloudCalls = createCloudCalls({
    state: own,
    inbox,
    requests,
    isRemoteAtOn: () => state.nvm.data.remoteAt,
    runRemoteAt: deps.runRemoteAt,
  });
  /** The server is a real one, at any pace of the clock. */
  const stepMs = clock.ioBudgetMs(STEP_MS);
  let wire: Wire | undefined;
  /** Grows with each attempt: what an older one still reports is not heard. */
  let attempt = 0;
  let stepTimer: Timer | undefined;
  let tickTimer: Timer | undefined;
  let onFirstEnd: ((code: number) => void) | undefined;
  let heardAtMs = 0;
  let unanswered = 0;
  /** Bytes of a handshake count only once it succeeded. */
  let handshake = { bytesIn: 0, bytesOut: 0 };

  const hasContext = (): boolean => state.activeContexts.has(CONTEXT);
  const runner = createRunner<LinkState, LinkEvent, 'connect' | 'close'>({
    initial: { is: 'stopped' },
    next: nextLink,
    perform: (effect) => (effect === 'connect' ? connect() : hangUp()),
    onTransition: (_, to) => void (own.status = statusOf(to)),
  });

  // ---- one attempt
  const hangUp = (): void => {
    attempt++;
    stepTimer?.cancel();
    wire?.close(runner.state.is === 'stopped');
    wire = undefined;
  };
  const within = (ms: number, fn: () => void): void => {
    stepTimer?.cancel();
    stepTimer = timers.after(ms, fn);
  };
  const endFirst = (code: number): void => {
    const onEnd = onFirstEnd;
    onFirstEnd = undefined;
    onEnd?.(code);
  };
  const fail = (code: number): void => {
    own.lastError = code;
    log.debug('sim.devicewise-failed', { code });
    const { autoReconnect } = state.nvm.data.deviceWise;
    endFirst(code);
    runner.send({
      is: 'failed',
      atMs: clock.mono(),
      mayRetry: autoReconnect !== 0 || own.knobs.retriesInModeZero,
    });
  };
  const lose = (code: number): void => {
    if (runner.state.is !== 'connected') return;
    own.lastError = code;
    own.counters.losses++;
    const { autoReconnect } = state.nvm.data.deviceWise;
    const mayRetry = hasContext() && (autoReconnect !== 0 || own.knobs.retriesInModeZero);
    runner.send({ is: 'lost', atMs: clock.mono(), mayRetry });
  };
  const helloOf = (): Connect => {
    const { deviceIdSelector, appToken, heartbeatSeconds } = state.nvm.data.deviceWise;
    const { imei } = state.identity;
    return {
      is: 'connect',
      level: 3,
      isClean: false,
      // Sixteen bits carry it: a day goes out as something else.
      keepaliveS: heartbeatSeconds & 0xffff,
      clientId: imei.slice(0, MAX_CLIENT_ID),
      userName: deviceIdSelector === 0 ? imei : state.card.iccid,
      password: appToken,
    };
  };
  const connect = (): void => {
    const mine = ++attempt;
    const isCurrent = (): boolean => mine === attempt;
    timers.after(latency.fixed(own.knobs.connectMs), () => {
      if (!isCurrent()) return;
      const target = targetOf(state);
      if (typeof target === 'number') fail(target);
      else if (!hasContext() || !deps.dial) fail(DW.connectFailed);
      else reach(deps.dial, target, isCurrent);
    });
  };
  const reach = (dial: Dial, target: DialTarget, isCurrent: () => boolean): void => {
    within(stepMs, () => fail(DW.tcpTimeout));
    dial(target).then(
      (road) => {
        if (!isCurrent()) {
          road.on('error', () => undefined);
          road.destroy();
          return;
        }
        handshake = { bytesIn: 0, bytesOut: 0 };
        own.counters.connects++;
        within(stepMs, () => fail(DW.timedOut));
        wire = openWire(road, helloOf(), {
          packet: (packet) => isCurrent() && take(packet),
          count: (direction, bytes) => {
            if (runner.state.is === 'connected') own.counters[direction] += bytes;
            else handshake[direction] += bytes;
          },
          ended: (code) => {
            if (!isCurrent()) return;
            if (runner.state.is === 'connected') lose(code);
            else fail(code);
          },
        });
      },
      (error: unknown) => {
        if (isCurrent()) fail(codeOfDialError(error, target.isTls));
      },
    );
  };

  // ---- what the server says
  const welcome = (code: number): void => {
    if (runner.state.is !== 'connecting') return;
    stepTimer?.cancel();
    if (code !== 0) {
      const { authFailMs, connectMs } = own.knobs;
      // The server hangs up now: that is not what went wrong.
      wire?.close(false);
      within(latency.fixed(Math.max(0, authFailMs - connectMs)), () => fail(codeOfConnack(code, own.knobs)));
      return;
    }
    own.lastError = 0;
    own.counters.bytesIn += handshake.bytesIn;
    own.counters.bytesOut += handshake.bytesOut;
    unanswered = 0;
    calls.reset();
    runner.send({ is: 'up' });
    if (!own.hasRegistered) {
      const { manufacturer, model, revision } = state.identity;
      own.hasRegistered = true;
      const about = { make: manufacturer, model, fwVersion: revision, remAt: state.nvm.data.remoteAt };
      requests.send('module.register', about);
    }
    endFirst(0);
  };
  const take = (packet: ServerPacket): void => {
    heardAtMs = clock.mono();
    unanswered = 0;
    if (packet.is === 'connack') welcome(packet.code);
    else if (runner.state.is !== 'connected') fail(DW.connackType);
    else if (packet.is === 'publish') {
      own.counters.packetsIn++;
      const [, id] = /^reply\/(\d{1,9})$/.exec(packet.topic) ?? [];
      if (id !== undefined) requests.reply(Number(id), packet.payload);
      else if (packet.topic === 'notify/mailbox_activity') calls.mailboxActivity();
    }
  };

  // ---- the beat
  const beat = (): void => {
    const atMs = clock.mono();
    if (runner.state.is === 'connected') {
      const heartbeatMs = state.nvm.data.deviceWise.heartbeatSeconds * 1000;
      if (atMs - heardAtMs <= heartbeatMs - HEARTBEAT_MARGIN_MS) return;
      if (unanswered >= MAX_UNANSWERED) {
        lose(DW.tcpTimeout);
        return;
      }
      unanswered++;
      wire?.send(pingreq());
      return;
    }
    runner.send({ is: 'tick', atMs, mode: state.nvm.data.deviceWise.autoReconnect });
  };
  const tick = (): void => {
    tickTimer = timers.after(TICK_MS, () => {
      tick();
      beat();
    });
  };

  const stop = (): void => {
    tickTimer?.cancel();
    requests.clear();
    calls.reset();
    runner.send({ is: 'stop' });
    own.lastError = 0;
    endFirst(DW.stopping);
  };

  return {
    inbox,
    requests,
    get isStarted() {
      return runner.state.is !== 'stopped';
    },
    get isConnected() {
      return runner.state.is === 'connected';
    },
    start(onEnd) {
      onFirstEnd = onEnd;
      tick();
      runner.send({ is: 'start', atMs: clock.mono() });
    },
    stop,
    ping(onEnd) {
      const startMs = clock.mono();
      let isOver = false;
      const end = (result: number): void => {
        if (isOver) return;
        isOver = true;
        timer.cancel();
        onEnd(result);
      };
      const timer = timers.after(stepMs, () => end(DW.timedOut));
      requests.send('diag.ping', undefined, (payload) =>
        end(payload ? Math.round(clock.mono() - startMs) : DW.timedOut),
      );
    },
    contextChanged(isActive) {
      if (isActive) return;
      if (runner.state.is === 'connecting') fail(DW.connectFailed);
      else lose(DW.receiveFailed);
    },
    drop: lose,
    sleep() {
      const { knobs } = own;
      onFirstEnd = undefined;
      // No farewell without power.
      wire?.close(false);
      wire = undefined;
      stop();
      Object.assign(own, freshDeviceWise(knobs));
    },
  };
}
