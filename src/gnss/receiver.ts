// The GNSS receiver on its port: opens it, at the line speed that makes sense of what comes, and is the one place
// corrections, keys and assistance go down through. `run` lives as long as one connection (connection.ts); queue, keys,
// counters and what was found out live as long as the receiver.
//
// One-way wiring, where the receiver's TX is not connected: the operator says so by `configure: false` together with
// `silentAfterMs: 0`. Then nothing is waited for, and corrections and keys are sent to whatever is at the port.
import { type Clock, type Logger, WaymarkError } from '../core/index.js';
import type { LinkOpener } from '../link/index.js';
import { answerUse } from './answer-use.js';
import { createAssistant } from './assistant.js';
import { type ConfigureResult, lacks, refusalSentences } from './configure.js';
import { createConnection, isOneWayWiring, type Unheard } from './connection.js';
import { createFeeder } from './feeder.js';
import { createCorrectionHealth } from './health.js';
import { createIdentification } from './identification.js';
import { CHECK_PORT_AND_SPEED } from './identity.js';
import { createIntake, type Intake } from './intake.js';
import { createLocalWriter } from './local-writer.js';
import { createObserver } from './observer.js';
import type { Receiver, ReceiverOptions, ReceiverSnapshot } from './receiver-types.js';
import { hasLineSpeed, speedsToTry } from './speeds.js';
import { createSubject } from './subject.js';

export interface ReceiverDeps {
  open: LinkOpener;
  clock: Clock;
  log: Logger;
}

export function createReceiver({ open, clock, log }: ReceiverDeps, options: ReceiverOptions): Receiver {
  const { port, protocol } = options;
  const needs = createSubject<undefined>();
  const raw = createSubject<Uint8Array>();
  let configuration: ConfigureResult | undefined;
  let restarts = 0;
  let lastFedMonoMs: number | undefined;
  let isBusy = false;
  let baudRate = options.baudRate;
  let foundBaudRate: number | undefined;

  const health = createCorrectionHealth({
    clock,
    facts: () => ({
      canReport: protocol === 'ubx' && !isOneWayWiring(options) && !lacks(configuration, 'reports'),
      isFormatRefused: intake.lastKind === 'spartn' && lacks(configuration, 'spartn'),
    }),
  });
  const observer = createObserver({ clock, log, health }, protocol);
  const feeder = createFeeder(
    {
      clock,
      onWritten: (frames) => {
        lastFedMonoMs = clock.mono();
        health.written(frames);
      },
    },
    options,
  );
  const leapSeconds = (): number => observer.leapSeconds ?? options.leapSeconds;
  const intake: Intake = createIntake(feeder, { utcMs: () => observer.utcMs() ?? clock.wall(), leapSeconds });
  const identification = createIdentification({ clock, send: (frame) => feeder.offerUrgent(frame) });
  const assistant = createAssistant({
    clock,
    aid: (make) => feeder.aid(make),
    onUbx: observer.frames.add,
    leapSeconds,
    acknowledges: () => !isOneWayWiring(options) && !lacks(configuration, 'aiding'),
  });
  const connection = createConnection(
    {
      ...{ clock, log, feeder, intake, health, observer, identification, assistant },
      onBytes: raw.emit,
      onTrusted() {
        if (baudRate !== (foundBaudRate ?? options.baudRate))
          log.info('gnss.speed-found', { port, baudRate, configured: options.baudRate });
        foundBaudRate = baudRate;
      },
      onConfigured: (result) => (configuration = result),
      onRestart: () => restarts++,
      onNeedy: () => needs.emit(undefined),
    },
    options,
  );

  /** Opens and serves at one line speed. Resolves only when another may be the right one. */
  async function tryAt(speed: number, mayMishear: boolean, signal: AbortSignal): Promise<Unheard> {
    await using link = await open({ address: port, baudRate: speed }, { signal });
    baudRate = speed;
    configuration = undefined;
    log.info('gnss.open', { port, protocol, baudRate });
    const isSearched = mayMishear && (!link.name.startsWith('/') || hasLineSpeed(link.name));
    return await connection.serve(link, { signal, mayMishear: isSearched });
  }

  async function search(signal: AbortSignal): Promise<never> {
    // An address such as `auto` may lead to another port each time.
    const maySearch = (options.baudSearch ?? false) && hasLineSpeed(port);
    const speeds = maySearch ? speedsToTry(options.baudRate, foundBaudRate) : [options.baudRate];
    let isHeard = false;
    for (const speed of speeds) {
      const unheard = await tryAt(speed, maySearch, signal);
      isHeard ||= unheard === 'garbled';
      log.info('gnss.speed-unfit', { port, baudRate: speed, heard: unheard });
    }
    baudRate = foundBaudRate ?? options.baudRate;
    const at = `at any of ${speeds.length} line speeds`;
    throw isHeard
      ? new WaymarkError('gnss.wrong-device', `${port}: it sends bytes, but nothing that a receiver says, ${at}`, {
          hint: CHECK_PORT_AND_SPEED,
        })
      : new WaymarkError('gnss.silent', `${port}: nothing from the receiver ${at}`);
  }

  function snapshot(): ReceiverSnapshot {
    const { frames: framesIn, bad: badFrames } = connection.counters;
    const { bad } = intake;
    const { version, uniqueId, last } = observer;
    const model = version && (version.model ?? (version.hardware || version.software));
    const state = health.look();
    // Where there are no reports, a position with corrections in it is the proof.
    const isByPosition = state.verdict === 'ok' && state.by !== 'rxm-cor';
    const lastUsedMonoMs = isByPosition ? last.corrected : last.used;
    return {
      running: connection.isRunning,
      port,
      baudRate,
      ...(connection.trust && { identified: connection.trust }),
      ...(uniqueId !== undefined && { uniqueId }),
      ...(model !== undefined && { model }),
      ...(version?.firmware !== undefined && { firmware: version.firmware }),
      ...(version?.protocol !== undefined && { protocolVersion: version.protocol }),
      ...(configuration && {
        configuration: {
          mandatory: configuration.mandatory,
          refused: refusalSentences(configuration),
          unanswered: configuration.unanswered,
        },
      }),
      restarts,
      fix: observer.fix,
      satellites: observer.satellites(),
      leapSeconds: leapSeconds(),
      counters: {
        framesIn,
        badFrames,
        ...intake.counters,
        correctionBadFrames: bad.frames,
        correctionSkippedBytes: bad.bytes,
        ...feeder.counters,
        ...observer.said,
      },
      ...(lastFedMonoMs !== undefined && { lastFedMonoMs }),
      ...(last.frame !== undefined && { lastFrameMonoMs: last.frame }),
      ...(lastUsedMonoMs !== undefined && { lastUsedMonoMs }),
      delivery: feeder.isPaced ? 'paced' : 'direct',
      corrections: state.verdict,
      use: answerUse(state, feeder.isPaced),
      window: state.window,
    };
  }

  return {
    async run({ signal }) {
      if (isBusy) throw new Error('the receiver is already running');
      isBusy = true;
      try {
        return await search(signal);
      } finally {
        isBusy = false;
      }
    },
    feed(kind, bytes) {
      intake.push(kind, bytes);
      return feeder.hold();
    },
    get framesTaken() {
      return intake.counters.correctionFramesIn;
    },
    restart: (kind) => intake.restart(kind),
    setKeys: (keys) => intake.setKeys(keys),
    whenIdentified: (signal) => identification.whenIdentified(signal),
    assist: (request, { signal }) => assistant.assist(request, { signal }),
    onNeedy: (listener) => needs.add(listener),
    onFix: observer.fixes.add,
    onUtc: observer.times.add,
    onBytes: raw.add,
    localWriter: () => createLocalWriter((frame) => feeder.offerLocal(frame)),
    snapshot,
  };
}
