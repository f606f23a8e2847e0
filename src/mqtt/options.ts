// What a session is told.
import type { Duplex } from 'node:stream';
import type { Secret } from '../core/index.js';

export interface SessionOptions {
  /** Makes the road, TLS included. Not called again. */
  connect: (signal: AbortSignal) => Promise<Duplex>;
  clientId: string;
  /** Stands for the client id in errors and logs, where that is a secret; otherwise the id itself. */
  shownAs?: string;
  username?: string;
  password?: Secret;
  keepaliveSeconds: number;
  /** For CONNACK alone, after the road is up; usually 15 000. */
  connackTimeoutMs: number;
  /** Larger announcements end the session; usually 262 144. */
  maxPacketBytes: number;
  will?: { topic: string; payload: Buffer; qos: 0 | 1; retain: boolean };
}
