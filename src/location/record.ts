// A position, or the loss of one, as a record for the outbox: flat, in camelCase, with units in the names, so that each
// cloud can pick what it has a name for.
//
//   kind      body
//   position  latitudeDeg longitudeDeg [altitudeMslM] [accuracyM] quality source ageMs [satellites] [hdop]
//             [correctionAgeS] [fixUtcMs] [event] [previousSource]
//   state     event hasPosition:false [previousSource]     an event without a position that may be reported
//
// A satellite position is an event of its own moment: its time is the record's, and `ageMs` is 0. A position of the
// network is reported as what is known now: the record's time is that of the report, and `ageMs` says how old it is.
import type { Clock, ClockTrust, NewRecord } from '../core/index.js';
import { isSatellite, type Located } from './located.js';
import type { Sample } from './sample.js';

export interface RecordTimes {
  clock: Pick<Clock, 'mono' | 'wall'>;
  trust: Pick<ClockTrust, 'status'>;
}

export function recordOf(sample: Sample, times: RecordTimes): NewRecord {
  const { located } = sample;
  const nowMonoMs = times.clock.mono();
  const monoMs = located && isSatellite(located.source) ? located.atMonoMs : nowMonoMs;
  return {
    kind: located ? 'position' : 'state',
    class: sample.class,
    ...utcAt(monoMs, times),
    monoMs,
    body: {
      ...(located ? positionBody(located, monoMs) : { hasPosition: false }),
      ...(sample.event === undefined ? {} : { event: sample.event }),
      ...(sample.previousSource === undefined ? {} : { previousSource: sample.previousSource }),
    },
  };
}

/** UTC at a monotonic moment, where the wall clock may be believed. */
export function utcAt(monoMs: number, { clock, trust }: RecordTimes): Pick<NewRecord, 'utcMs' | 'timeQuality'> {
  if (trust.status().state !== 'trusted') return { utcMs: 0, timeQuality: 'none' };
  return { utcMs: Math.round(clock.wall() - (clock.mono() - monoMs)), timeQuality: 'utc' };
}

export function positionBody(located: Located, atMonoMs: number): Record<string, unknown> {
  const { latitudeDeg, longitudeDeg, altitudeMslM, accuracyM, quality, source, satellites, hdop } = located;
  const { correctionAgeS, utcMs } = located;
  return {
    latitudeDeg,
    longitudeDeg,
    ...(altitudeMslM === undefined ? {} : { altitudeMslM }),
    ...(accuracyM === undefined ? {} : { accuracyM: toMillimetres(accuracyM) }),
    quality,
    source,
    ageMs: Math.max(0, Math.round(atMonoMs - located.atMonoMs)),
    ...(satellites === undefined ? {} : { satellites }),
    ...(hdop === undefined ? {} : { hdop }),
    ...(correctionAgeS === undefined ? {} : { correctionAgeS }),
    ...(utcMs === undefined ? {} : { fixUtcMs: utcMs }),
  };
}

const toMillimetres = (metres: number): number => Math.round(metres * 1000) / 1000;
