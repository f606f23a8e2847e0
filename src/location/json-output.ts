// The best position as one JSON object a line, on TCP: each new one at once, and once a second what is known, so that a
// program sees a position grow old, or that there is none:
//
//   {"schemaVersion":1,"time":"2026-01-31T12:00:00.000Z","latitudeDeg":47.28,...,"source":"receiver-rtk","ageMs":40}
//   {"schemaVersion":1,"time":"2026-01-31T12:00:01.000Z","quality":"none","source":"none"}
//
// `time` is that of the position, or of the line where there is none; null while nobody knows the time.
import type { Clock, ClockTrust, Logger, Timer } from '../core/index.js';
import type { BestLocation } from './best-location.js';
import { type Address, createBroadcast, type Output } from './broadcast.js';
import type { Located } from './located.js';
import { positionBody, type RecordTimes, utcAt } from './record.js';

export const JSON_LINE_VERSION = 1;
const EVERY_MS = 1000;

export interface JsonOutputDeps {
  clock: Clock;
  log: Logger;
  trust: Pick<ClockTrust, 'status'>;
  best: Pick<BestLocation, 'current' | 'onNews'>;
}

export function jsonLine(located: Located | undefined, times: RecordTimes): string {
  const nowMonoMs = times.clock.mono();
  const { utcMs, timeQuality } = utcAt(located?.atMonoMs ?? nowMonoMs, times);
  const known = located?.utcMs ?? (timeQuality === 'utc' ? utcMs : undefined);
  const { fixUtcMs: _, ...body } = located ? positionBody(located, nowMonoMs) : { quality: 'none', source: 'none' };
  const line = { schemaVersion: JSON_LINE_VERSION, time: known === undefined ? null : isoOf(known), ...body };
  return `${JSON.stringify(line)}\n`;
}

/** Null where it is no time at all: what a device says is not taken for granted. */
function isoOf(utcMs: number): string | null {
  const date = new Date(utcMs);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

export function createJsonOutput({ clock, log, trust, best }: JsonOutputDeps, address: Address): Output {
  let stop: (() => void) | undefined;
  const lineNow = (located = best.current()): Buffer => Buffer.from(jsonLine(located, { clock, trust }));
  const broadcast = createBroadcast(
    {
      clock,
      log,
      onListener(listener) {
        listener.send(lineNow());
        return undefined;
      },
      onAudience(hasAudience) {
        stop?.();
        stop = hasAudience ? speak() : undefined;
      },
    },
    { ...address, setting: 'location.jsonLines' },
  );

  function speak(): () => void {
    let timer: Timer;
    const wait = (): void => {
      timer = clock.deadline(EVERY_MS, () => {
        broadcast.send(lineNow());
        wait();
      });
    };
    wait();
    const off = best.onNews(({ located }) => {
      timer.cancel();
      broadcast.send(lineNow(located));
      wait();
    });
    return () => {
      off();
      timer.cancel();
    };
  }

  return broadcast;
}
