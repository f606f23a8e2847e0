// How many bytes went over a road, by purpose: a metered SIM pays for each. Counted on the wire side (below TLS), read
// from the sockets' own counters so that nothing is added to the path of a byte.
import type { Duplex } from 'node:stream';
import type { Dialer } from '../core/index.js';

export interface Traffic {
  bytesIn: number;
  bytesOut: number;
  connections: number;
}

export interface Meter {
  /** The same road, counted under `purpose` (`mqtt`, `ztp`). */
  metered(purpose: string, dial: Dialer): Dialer;
  /** Bytes that went another way than over a road of ours, as whoever carried them says. */
  note(purpose: string, bytes: { bytesIn: number; bytesOut: number }): void;
  /** Totals since the start, open connections included. */
  totals(): Readonly<Record<string, Traffic>>;
}

interface Counted {
  bytesRead: number;
  bytesWritten: number;
}

/** Sockets count by themselves; for other streams reads are counted where they enter and writes where they leave. */
function counterOf(stream: Duplex): Counted {
  const own = stream as Duplex & Partial<Counted>;
  if (typeof own.bytesRead === 'number' && typeof own.bytesWritten === 'number') return own as Duplex & Counted;
  const counted: Counted = { bytesRead: 0, bytesWritten: 0 };
  const { push, write } = stream;
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    counted.bytesRead += sizeOf(chunk);
    return push.call(stream, chunk, encoding);
  };
  stream.write = (chunk: unknown, ...rest: unknown[]) => {
    counted.bytesWritten += sizeOf(chunk);
    return Reflect.apply(write, stream, [chunk, ...rest]) as boolean;
  };
  return counted;
}

/** Others count for us, and one reading that is no number would spoil every sum after it. */
const sane = (bytes: number): number => (bytes > 0 && bytes <= Number.MAX_SAFE_INTEGER ? bytes : 0);

function sizeOf(chunk: unknown): number {
  if (chunk instanceof Uint8Array) return chunk.length;
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : 0;
}

export function createMeter(): Meter {
  const closed = new Map<string, Traffic>();
  const open = new Set<{ purpose: string; counter: Counted }>();
  const of = (purpose: string): Traffic => {
    let traffic = closed.get(purpose);
    if (!traffic) closed.set(purpose, (traffic = { bytesIn: 0, bytesOut: 0, connections: 0 }));
    return traffic;
  };
  return {
    metered: (purpose, dial) => async (target, options) => {
      const stream = await dial(target, options);
      const entry = { purpose, counter: counterOf(stream) };
      open.add(entry);
      of(purpose).connections++;
      stream.once('close', () => {
        open.delete(entry);
        const traffic = of(purpose);
        traffic.bytesIn += entry.counter.bytesRead;
        traffic.bytesOut += entry.counter.bytesWritten;
      });
      return stream;
    },
    note(purpose, { bytesIn, bytesOut }) {
      const traffic = of(purpose);
      traffic.bytesIn += sane(bytesIn);
      traffic.bytesOut += sane(bytesOut);
    },
    totals() {
      const sums = Object.fromEntries([...closed].map(([purpose, traffic]) => [purpose, { ...traffic }]));
      for (const { purpose, counter } of open) {
        const sum = sums[purpose];
        if (!sum) continue;
        sum.bytesIn += counter.bytesRead;
        sum.bytesOut += counter.bytesWritten;
      }
      return sums;
    },
  };
}
