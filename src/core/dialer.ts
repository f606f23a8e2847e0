// A road to the outside: host network and, later, the modem's own sockets both give a byte stream.
import type { Duplex } from 'node:stream';

export interface DialTarget {
  host: string;
  port: number;
}

/** Opens a connected byte stream. Rejects with `net.*` errors; the stream is destroyed when `signal` aborts before it is up. */
export type Dialer = (target: DialTarget, options: { signal?: AbortSignal | undefined }) => Promise<Duplex>;
