// Bytes of the module's own client. They do not pass the host: the module counts them itself from its start on, and is
// asked seldom, because asking while it is connected is traffic too.
import type { DwStatus } from './parse.js';

/** What has been added since the last time. */
export interface TrafficDelta {
  bytesIn: number;
  bytesOut: number;
}

export interface TrafficMeter {
  /** Takes a reading; tells what is new. */
  note(reading: DwStatus): void;
}

/** One per modem: the counters go on from connection to connection. */
export function createTrafficMeter(onTraffic: (delta: TrafficDelta) => void): TrafficMeter {
  let before: TrafficDelta | undefined;

  return {
    note({ bytesIn, bytesOut }) {
      if (bytesIn === undefined || bytesOut === undefined) return;
      const now = { bytesIn, bytesOut };
      // Less than before: the module has started anew, and all of it is new.
      const since =
        before && bytesIn >= before.bytesIn && bytesOut >= before.bytesOut ? before : { bytesIn: 0, bytesOut: 0 };
      // What was there before the first reading was not ours to count.
      const isFirst = before === undefined;
      before = now;
      if (isFirst) return;
      const delta = { bytesIn: bytesIn - since.bytesIn, bytesOut: bytesOut - since.bytesOut };
      if (delta.bytesIn > 0 || delta.bytesOut > 0) onTraffic(delta);
    },
  };
}
