// The location services' parts of the status object.
import { type Clock, maskIdentifier } from '../core/index.js';
import type { ReceiverSnapshot } from '../gnss/index.js';
import type { CorrectionSnapshot } from '../services/index.js';
import type {
  AssistanceView,
  CellLocateView,
  CorrectionUseView,
  PositionView,
  ReceiverView,
  StatusSnapshot,
} from '../status/index.js';
import type { LocationSide } from './location-side.js';

const NOBODY: CorrectionUseView = {
  answer: 'unknown',
  count: 0,
  of: 0,
  seconds: 0,
  by: 'none',
  sentence: 'there is no receiver to use them',
};

function useView(receiver: ReceiverSnapshot | undefined): CorrectionUseView {
  if (!receiver) return NOBODY;
  // What it made of earlier ones says nothing about now.
  if (!receiver.running) return { ...NOBODY, sentence: 'the receiver is not connected' };
  return { ...receiver.use, seconds: receiver.window.seconds };
}

export function correctionsView(
  source: CorrectionSnapshot | undefined,
  receiver: ReceiverSnapshot | undefined,
  monoMs: number,
): StatusSnapshot['corrections'] {
  const counters = receiver?.counters;
  return {
    source: source?.source ?? 'none',
    ...(source?.detail === undefined ? {} : { detail: source.detail }),
    bytesIn: source?.bytesIn ?? 0,
    framesIn: counters?.correctionFramesIn ?? 0,
    framesToReceiver: counters?.framesToReceiver ?? 0,
    bytesToReceiver: counters?.bytesToReceiver ?? 0,
    dropped: counters ? counters.droppedStale + counters.droppedOverflow + counters.droppedNotRunning : 0,
    ...(receiver?.lastFedMonoMs === undefined ? {} : { ageMs: Math.round(monoMs - receiver.lastFedMonoMs) }),
    badBytes: counters?.correctionSkippedBytes ?? 0,
    usedByReceiver: counters?.used ?? 0,
    notDecrypted: counters?.notDecrypted ?? 0,
    verdict: receiver?.corrections ?? 'none',
    use: useView(receiver),
  };
}

export function receiverView(receiver: ReceiverSnapshot, showIdentifiers: boolean): ReceiverView {
  const { model, firmware, protocolVersion, uniqueId, configuration } = receiver;
  return {
    running: receiver.running,
    port: receiver.port,
    baudRate: receiver.baudRate,
    ...(model === undefined ? {} : { model }),
    ...(firmware === undefined ? {} : { firmware }),
    ...(protocolVersion === undefined ? {} : { protocolVersion }),
    ...(uniqueId === undefined ? {} : { uniqueId: showIdentifiers ? uniqueId : maskIdentifier(uniqueId) }),
    framesIn: receiver.counters.framesIn,
    badFrames: receiver.counters.badFrames,
    restarts: receiver.restarts,
    delivery: receiver.delivery,
    ...(configuration ? { configuration: { mandatory: configuration.mandatory, refused: configuration.refused } } : {}),
    satellites: receiver.satellites,
  };
}

/** Three decimals: about a hundred metres, enough for people and for nobody's door. */
const coarse = (degrees: number): number => Math.round(degrees * 1000) / 1000;

function positionView({ position }: Pick<LocationSide, 'position'>): PositionView | undefined {
  const now = position.current();
  if (!now) return undefined;
  return {
    from: now.from,
    latitudeDeg: coarse(now.latitudeDeg),
    longitudeDeg: coarse(now.longitudeDeg),
    ...(now.accuracyM === undefined ? {} : { accuracyM: now.accuracyM }),
    ageMs: Math.round(now.ageMs),
  };
}

function assistanceView({ assistance }: Pick<LocationSide, 'assistance'>, clock: Clock): AssistanceView | undefined {
  if (!assistance) return undefined;
  const { need, live, predictive, lastInjection, reason, next, fetchesToday, sentence, source } = assistance.snapshot();
  // Nothing is configured and nothing came beside the corrections: no part of this gateway.
  if (source === 'none' && !lastInjection) return undefined;
  return {
    state: need,
    sentence,
    ...(reason ? { reason: reason.code, hint: reason.hint } : {}),
    ...(reason?.evidence ? { evidence: reason.evidence } : {}),
    next: next.what,
    ...(Number.isFinite(next.inMs) ? { nextInMs: Math.round(next.inMs) } : {}),
    fetchesToday,
    ...(live
      ? {
          live: {
            ...(live.ageMs === undefined ? {} : { ageMs: Math.round(live.ageMs) }),
            frames: live.frames,
            isUsable: live.isUsable,
            from: live.from,
          },
        }
      : {}),
    ...(predictive
      ? {
          predictive: {
            until: new Date(predictive.untilUtcMs).toISOString(),
            frames: predictive.frames,
            isUsable: predictive.isUsable,
          },
        }
      : {}),
    ...(lastInjection
      ? {
          lastInjection: {
            ageMs: Math.round(clock.mono() - lastInjection.atMonoMs),
            from: lastInjection.from,
            frames: lastInjection.frames,
            accepted: lastInjection.accepted,
            refused: lastInjection.refused,
            unanswered: lastInjection.unanswered,
            tookMs: Math.round(lastInjection.tookMs),
          },
        }
      : {}),
  };
}

function cellLocateView({ cellLocate }: Pick<LocationSide, 'cellLocate'>, clock: Clock): CellLocateView | undefined {
  if (!cellLocate) return undefined;
  const { state, sentence, reason, attempts, uncertaintyM, ageMs, next } = cellLocate.snapshot();
  return {
    state,
    sentence,
    ...(reason ? { reason: reason.code, hint: reason.hint } : {}),
    attempts,
    ...(uncertaintyM === undefined ? {} : { uncertaintyM }),
    ...(ageMs === undefined ? {} : { ageMs: Math.round(ageMs) }),
    ...(next ? { next: next.what, nextInMs: Math.max(0, Math.round(next.atMonoMs - clock.mono())) } : {}),
  };
}

export function locationViews(
  side: Pick<LocationSide, 'position' | 'assistance' | 'cellLocate'>,
  clock: Clock,
): Pick<StatusSnapshot, 'position' | 'assistance' | 'cellLocate'> {
  const position = positionView(side);
  const assistance = assistanceView(side, clock);
  const cellLocate = cellLocateView(side, clock);
  return {
    ...(position ? { position } : {}),
    ...(assistance ? { assistance } : {}),
    ...(cellLocate ? { cellLocate } : {}),
  };
}
