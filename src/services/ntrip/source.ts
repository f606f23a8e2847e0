// Corrections from an NTRIP caster: knows where we are before it connects, connects, keeps the data flowing, and ends (for
// the caller to try again) when the session or the flow does.
import { type BackoffPolicy, isWaymarkError, NETWORK_BACKOFF, sleep, withDeadline } from '../../core/index.js';
import { withAdvice } from './advice.js';
import { FIRST_PACE, nextPace, ntripBackoff } from './backoff.js';
import { createCaster } from './caster.js';
import { createIntake, kindOfMountPoint, type StreamKind } from './intake.js';
import { createMgaFetch, type MgaBurst } from './mga-fetch.js';
import { createNtripSession, type NtripCounters, type NtripSession } from './session.js';
import { createSlotMemory } from './slot.js';
import type { NtripCorrectionSource, NtripCorrectionsDeps, NtripCorrectionsOptions } from './types.js';

const POSITION_WAIT_MS = 60_000;
/** Between the goodbye to one mountpoint and the request for the next: the caster counts one connection an account. */
const CHANGE_MS = 2000;

export function createNtripCorrections(
  deps: NtripCorrectionsDeps,
  options: NtripCorrectionsOptions,
): NtripCorrectionSource {
  const { clock, log, sink, position } = deps;
  const { host, port, tls, ggaSeconds } = options;
  const known = options.format ?? kindOfMountPoint(options.mountPoint);
  const mga = createMgaFetch({
    clock,
    assistance: deps.assistance,
    mountPoint: options.mountPoint,
    wanted: options.mga,
    from: `${host}/${options.mountPoint}`,
  });
  const counters: NtripCounters = {
    messagesIn: 0,
    bytesIn: 0,
    connects: 0,
    reconnects: 0,
    requestBytes: 0,
    ggaSent: 0,
    ggaBytes: 0,
    mgaFrames: 0,
    mgaBytes: 0,
  };
  let phase: 'idle' | 'waiting' | 'connecting' = 'idle';
  let session: NtripSession | undefined;
  let mountPoint = options.mountPoint;
  let isFirst = true;
  let pace = FIRST_PACE;
  let policy: BackoffPolicy = NETWORK_BACKOFF;
  /** Connections made: after one the caster has noticed us. */
  let reached = 0;
  let lastMessageMonoMs: number | undefined;
  let lastReason: string | undefined;
  let streamedMs = 0;

  const caster = createCaster(
    {
      open: async (target, how) => {
        const stream = await deps.open(target, how);
        reached++;
        return stream;
      },
      clock,
      log,
      slots: deps.slots ?? createSlotMemory({ clock }),
      asking: () => {
        if (!isFirst) counters.reconnects++;
        isFirst = false;
      },
    },
    {
      target: { host, port, tls },
      userName: options.userName,
      password: options.password,
      protocol: options.protocol,
      agentVersion: options.agentVersion,
    },
  );

  const awaitPosition = async (signal: AbortSignal, onState: () => void): Promise<void> => {
    if (ggaSeconds === 0 || position.current()) return;
    phase = 'waiting';
    onState();
    await withDeadline(
      {
        clock,
        ms: options.positionWaitMs ?? POSITION_WAIT_MS,
        signal,
        code: 'corrections.no-position',
        what: 'our position, which the caster asks for',
      },
      (inner) => position.whenKnown(inner),
    );
    phase = 'connecting';
    onState();
  };

  /** One connection from dialing to its end. */
  const serve = async (signal: AbortSignal, onState: () => void): Promise<void> => {
    mountPoint = mga.mountPoint();
    onState();
    const connection = await caster.connect(mountPoint, signal);
    counters.connects++;
    const burst: MgaBurst | undefined = mga.begin();
    const mine = createNtripSession({
      connection,
      intake: createIntake(known),
      burst,
      caster: `${host}/${mountPoint}`,
      ggaSeconds,
      silence: options.silence,
      counters,
      clock,
      sink,
      position,
      onState,
    });
    session = mine;
    onState();
    try {
      await mine.run(signal);
      log.info('ntrip.mga', { frames: burst?.frames ?? 0, bytes: burst?.bytes ?? 0 });
    } finally {
      session = undefined;
      lastMessageMonoMs = mine.lastMonoMs ?? lastMessageMonoMs;
      streamedMs = Math.max(streamedMs, mine.streamedMs);
      await connection.close();
    }
  };

  const detail = (): string => {
    if (phase === 'waiting') return 'waiting for a position before the caster is called';
    const how = options.format ? 'as configured' : known ? 'by the name of the mountpoint' : 'by its first frame';
    const kind = session?.kind ?? known;
    const carries = kind === undefined ? 'format not known yet' : `${KIND_WORDS[kind]} ${how}`;
    const sent = session?.sent;
    return [`${mountPoint} over NTRIP ${caster.version}`, carries, ...(sent ? [`position: ${sent.from}`] : [])].join(
      ', ',
    );
  };

  return {
    async run({ signal, onState }) {
      signal.throwIfAborted();
      phase = 'connecting';
      streamedMs = 0;
      const reachedBefore = reached;
      const connectsBefore = counters.connects;
      try {
        for (;;) {
          await awaitPosition(signal, onState);
          try {
            await serve(signal, onState);
          } catch (error) {
            if (!isWaymarkError(error) || !mga.isOnlyMgaRefused(error)) throw error;
            log.warn('ntrip.no-mga', { error });
          }
          await sleep(clock, CHANGE_MS, signal);
        }
      } catch (error) {
        if (!signal.aborted) {
          lastReason = isWaymarkError(error) ? error.code : 'core.internal';
          const isReached = reached > reachedBefore;
          if (isReached) pace = nextPace(pace, streamedMs);
          policy = isReached ? ntripBackoff(pace) : NETWORK_BACKOFF;
        }
        if (!isWaymarkError(error) || signal.aborted) throw error;
        const wasAccepted = counters.connects > connectsBefore;
        throw withAdvice(error, { tls, isConfigured: options.isConfigured ?? false, wasAccepted });
      } finally {
        phase = 'idle';
        onState();
      }
    },
    resubscribe: () => session?.sendPosition(),
    backoff: () => policy,
    snapshot() {
      const lastMonoMs = session?.lastMonoMs ?? lastMessageMonoMs;
      const kind = session?.kind ?? known;
      const reason = phase === 'waiting' ? 'corrections.no-position' : lastReason;
      return {
        source: 'ntrip',
        state: session?.isSettled ? SHOWN[session.flow] : phase === 'connecting' ? 'connecting' : 'waiting',
        host,
        topics: [mountPoint],
        mountPoint,
        ...counters,
        requestBytes: caster.requestBytes,
        detail: detail(),
        ...(caster.answeredIn === undefined ? {} : { protocol: caster.answeredIn }),
        ...(kind === undefined ? {} : { kind }),
        ...(lastMonoMs === undefined ? {} : { lastMessageMonoMs: lastMonoMs }),
        ...(reason === undefined ? {} : { lastReason: reason }),
      };
    },
  };
}

const SHOWN = { waiting: 'connected', flowing: 'flowing', silent: 'silent', lost: 'silent' } as const;
const KIND_WORDS: Readonly<Record<StreamKind, string>> = { spartn: 'SPARTN', rtcm3: 'RTCM 3' };
