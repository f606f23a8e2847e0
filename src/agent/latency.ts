// How long far sides take to answer, measured where it happens anyway: until a TCP connection stands, and from handing a
// record to a cloud until it is taken. Nothing is sent to find it out: a metered SIM would pay for that.
import type { Clock, CloudLink } from '../core/index.js';
import type { Meter } from '../net/index.js';
import type { Outbox } from '../outbox/index.js';
import type { LatencyView } from '../status/index.js';

export interface LatencyWatch {
  /** The same meter; each road's connections are timed. */
  timedMeter(meter: Meter): Meter;
  /** The same outbox; each record that is sent alone is timed. */
  timedOutbox(service: string, outbox: Outbox): Outbox;
  /** The last answer, if there was one. */
  last(): LatencyView | undefined;
}

export function createLatencyWatch(clock: Clock): LatencyWatch {
  let last: (Omit<LatencyView, 'ageMs'> & { atMonoMs: number }) | undefined;
  const note = (of: LatencyView['of'], service: string, fromMonoMs: number): void => {
    const atMonoMs = clock.mono();
    last = { of, service, ms: Math.round(atMonoMs - fromMonoMs), atMonoMs };
  };

  /** Records sent many at once say how long many take: they are not timed. */
  const timedLink = (service: string, link: CloudLink): CloudLink => ({
    limits: link.limits,
    ...(link.publishMany ? { publishMany: link.publishMany.bind(link) } : {}),
    async publish(record, options) {
      const fromMonoMs = clock.mono();
      const verdict = await link.publish(record, options);
      if (verdict.is === 'accepted' || verdict.is === 'confirmed') note('confirmation', service, fromMonoMs);
      return verdict;
    },
  });

  return {
    timedMeter: (meter) => ({
      ...meter,
      metered(purpose, dial) {
        const metered = meter.metered(purpose, dial);
        return async (target, options) => {
          const fromMonoMs = clock.mono();
          const stream = await metered(target, options);
          note('connection', purpose, fromMonoMs);
          return stream;
        };
      },
    }),
    timedOutbox: (service, outbox) => ({
      ...outbox,
      drain: (link, options) => outbox.drain(timedLink(service, link), options),
    }),
    last() {
      if (!last) return undefined;
      const { atMonoMs, ...view } = last;
      return { ...view, ageMs: Math.round(clock.mono() - atMonoMs) };
    },
  };
}
