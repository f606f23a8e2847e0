// What happens on one accepted connection: our position goes up at once and then regularly, corrections come down into
// the receiver's writer, and the watchdog sees to it that they keep coming.
import {
  abortReason,
  type Clock,
  type CoarsePosition,
  type Deferred,
  deferred,
  onAbort,
  type Timer,
  toWaymarkError,
  WaymarkError,
} from '../../core/index.js';
import type { FlowState, SilenceLimits } from '../flow.js';
import type { CorrectionSink, PositionSource } from '../source.js';
import { createWatchdog, type Watchdog } from '../watchdog.js';
import type { CasterConnection } from './connection.js';
import { ggaFor } from './gga.js';
import { type Intake, type StreamKind, WORDS_MS } from './intake.js';
import type { MgaBurst } from './mga-fetch.js';
import { refusalError } from './refusal.js';

export interface NtripCounters {
  /** Pieces of the stream as they were read, whatever is in them. */
  messagesIn: number;
  bytesIn: number;
  connects: number;
  /** Connections after the first, retries with NTRIP 1 and the way back from an -MGA mountpoint included. */
  reconnects: number;
  requestBytes: number;
  ggaSent: number;
  ggaBytes: number;
  mgaFrames: number;
  mgaBytes: number;
}

export interface NtripSessionOptions {
  connection: CasterConnection;
  intake: Intake;
  burst: MgaBurst | undefined;
  /** Host and mountpoint, for people. */
  caster: string;
  ggaSeconds: number;
  silence: SilenceLimits;
  counters: NtripCounters;
  clock: Clock;
  sink: CorrectionSink;
  position: PositionSource;
  onState: () => void;
}

export interface NtripSession {
  /** Resolves when a fetched burst is over and the plain mountpoint is to be used; otherwise rejects. */
  run(signal: AbortSignal): Promise<'burst-over'>;
  /** Sends our position now. */
  sendPosition(): void;
  readonly flow: FlowState;
  /** False while the caster may still refuse in the body of its 200. */
  readonly isSettled: boolean;
  readonly lastMonoMs: number | undefined;
  /** From the first to the last whole correction, ms; 0 when none came. */
  readonly streamedMs: number;
  readonly kind: StreamKind | undefined;
  readonly sent: CoarsePosition | undefined;
}

/** Without our position for this long the caster closes; better to say why (specs/ublox.md 2.1). Peer time. */
const POSITION_LOST_MS = 30_000;
/** The end of a burst is looked for this often. */
const BURST_LOOK_MS = 1000;

export function createNtripSession(options: NtripSessionOptions): NtripSession {
  const { connection, intake, burst, caster, counters, clock, sink } = options;
  const timers = new Set<Timer>();
  const ended: Deferred<'burst-over'> = deferred();
  // It may end before anybody waits for it.
  ended.promise.catch(() => undefined);
  const end = (error: unknown): void => ended.reject(error instanceof Error ? error : toWaymarkError(error));

  let watchdog: Watchdog | undefined;
  /** What comes are no words; whether it holds a correction shows the sink. */
  let isStream = false;
  let firstDataMonoMs: number | undefined;
  let lastMonoMs: number | undefined;
  let streamBytes = 0;
  let sent: CoarsePosition | undefined;
  let sentAtMonoMs = clock.mono();
  let isOver = false;
  let isSettled = false;

  const every = (ms: number, fn: () => void): void => {
    const timer = clock.after(ms, () => {
      timers.delete(timer);
      every(ms, fn);
      fn();
    });
    timers.add(timer);
  };

  const sendPosition = (): void => {
    if (options.ggaSeconds === 0) return;
    const position = options.position.current();
    if (!position) {
      if (clock.mono() - sentAtMonoMs >= clock.ioBudgetMs(POSITION_LOST_MS))
        end(new WaymarkError('corrections.no-position', `${caster}: nobody knows any more where we are`));
      return;
    }
    const sentence = ggaFor(position, clock.wall());
    if (!connection.write(sentence)) return;
    sent = position;
    sentAtMonoMs = clock.mono();
    counters.ggaSent++;
    counters.ggaBytes += sentence.length;
  };

  const refused = (kind: Parameters<typeof refusalError>[0]['kind'], line: string): WaymarkError =>
    refusalError({ kind, line, http: 200 }, caster, clock.wall());

  const silent = (silentMs: number): WaymarkError => {
    const words = intake.end();
    if (words.is === 'refusal') return refused(words.kind, words.line);
    if (firstDataMonoMs !== undefined)
      return new WaymarkError('corrections.silent', `${caster}: nothing for ${silentMs} ms`);
    if (isStream)
      return new WaymarkError('corrections.silent', `${caster}: no whole ${intake.kind ?? ''} frame in what it sends`, {
        hint: 'The stream is of another kind or damaged on the way: check the mountpoint and its format.',
        evidence: { bytes: streamBytes },
      });
    if (!sent) return untold(`accepted us and sent nothing for ${silentMs} ms`);
    return new WaymarkError(
      'corrections.silent',
      `${caster} accepted us and sent nothing for ${silentMs} ms after it was told where we are (${sent.from})`,
      {
        hint: 'A caster is silent outside its coverage: check that the position is right and that the plan covers it.',
      },
    );
  };
  /** It waits for what it is never told; some lose their patience before we do (specs/ublox.md 2.1). */
  const untold = (what: string): WaymarkError =>
    new WaymarkError('corrections.silent', `${caster} ${what} and was not told where we are`, {
      hint: 'This caster may wait for our position: set corrections.ntrip.ggaSeconds to 10.',
    });

  const feed = async (bytes: Uint8Array, dog: Watchdog): Promise<void> => {
    const taken = intake.push(bytes);
    if (taken.is === 'refusal') throw refused(taken.kind, taken.line);
    if (taken.is === 'more') return;
    if (!isStream) sink.restart(taken.kind);
    isStream = true;
    counters.messagesIn++;
    counters.bytesIn += taken.bytes.length;
    streamBytes += taken.bytes.length;
    const framesBefore = sink.framesTaken;
    const held = sink.feed(taken.kind, taken.bytes);
    if (sink.framesTaken !== framesBefore) {
      // Before the watchdog tells of them: whoever looks then is to see a session.
      firstDataMonoMs ??= clock.mono();
      dog.data();
      lastMonoMs = dog.lastMonoMs;
    }
    if (held) await held;
  };

  /** Takes assistance data out; what is left are corrections. */
  const withoutMga = (bytes: Uint8Array): readonly Uint8Array[] => {
    if (!burst) return [bytes];
    const before = { frames: burst.frames, bytes: burst.bytes };
    const rest = burst.push(bytes);
    counters.mgaFrames += burst.frames - before.frames;
    counters.mgaBytes += burst.bytes - before.bytes;
    return rest;
  };

  const pump = async (dog: Watchdog): Promise<void> => {
    for (let bytes = await connection.next(); bytes; bytes = await connection.next())
      for (const piece of withoutMga(bytes)) {
        if (isOver) return;
        await feed(piece, dog);
      }
    const words = intake.end();
    if (words.is === 'refusal') throw refused(words.kind, words.line);
    if (!isStream && isSettled && options.ggaSeconds === 0) throw untold('ended the stream before it sent anything');
    const early = !isStream ? ' before it sent anything' : '';
    throw new WaymarkError('net.closed', `${caster}: the caster ended the stream${early}`);
  };

  return {
    async run(signal) {
      const off = onAbort(signal, () => end(abortReason(signal)));
      using dog = createWatchdog(clock, options.silence, {
        change: options.onState,
        effect: (effect) => {
          if (effect === 'give-up') end(silent(Math.round(clock.mono() - dog.lastMonoMs)));
          else sendPosition();
        },
      });
      watchdog = dog;
      try {
        sendPosition();
        // As a part of the caster's own patience: under a scaled clock both have the same floor.
        const patienceMs = clock.ioBudgetMs(POSITION_LOST_MS);
        if (options.ggaSeconds > 0) every((patienceMs * options.ggaSeconds * 1000) / POSITION_LOST_MS, sendPosition);
        timers.add(
          clock.deadline(WORDS_MS, () => {
            isSettled = true;
            options.onState();
          }),
        );
        if (burst)
          every(clock.ioBudgetMs(BURST_LOOK_MS), () => {
            if (burst.isOver()) ended.resolve('burst-over');
          });
        pump(dog).catch(end);
        return await ended.promise;
      } finally {
        off();
        for (const timer of timers) timer.cancel();
        isOver = true;
        burst?.finish();
      }
    },
    sendPosition,
    get flow() {
      return watchdog?.state ?? 'waiting';
    },
    get isSettled() {
      return isSettled || isStream;
    },
    get lastMonoMs() {
      return lastMonoMs;
    },
    get streamedMs() {
      return firstDataMonoMs === undefined || lastMonoMs === undefined ? 0 : lastMonoMs - firstDataMonoMs + 1;
    },
    get kind() {
      return intake.kind;
    },
    get sent() {
      return sent;
    },
  };
}
