// Every byte the receiver sends, on TCP, for gpsd and other programs. Read-only unless the operator says otherwise: then
// what a program sends goes to the receiver's one writer as whole frames, at the operator's risk.
import type { Clock, Logger } from '../core/index.js';
import { type Address, type BroadcastStatus, createBroadcast, type Output } from './broadcast.js';

/** What of a receiver is needed here; the gnss room's `Receiver` fits. */
export interface RawSource {
  onBytes(cb: (chunk: Uint8Array) => void): () => void;
  /** A way in for one program. */
  localWriter(): RawWriter;
}

export interface RawWriter {
  write(bytes: Uint8Array): void;
}

export interface RawOutputOptions extends Address {
  writable: boolean;
}

export interface RawOutputStatus extends BroadcastStatus {
  writable: boolean;
}

export interface RawOutput extends Output {
  status(): RawOutputStatus;
}

/** The receiver is listened to only while somebody is connected. */
export function createRawOutput(
  { clock, log, receiver }: { clock: Clock; log: Logger; receiver: RawSource },
  { host, port, writable }: RawOutputOptions,
): RawOutput {
  let stop: (() => void) | undefined;
  const broadcast = createBroadcast(
    {
      clock,
      log,
      onListener() {
        if (!writable) return undefined;
        const writer = receiver.localWriter();
        return (bytes) => writer.write(bytes);
      },
      onAudience(hasAudience) {
        stop?.();
        stop = hasAudience ? receiver.onBytes((chunk) => broadcast.send(chunk)) : undefined;
      },
    },
    { host, port, setting: 'location.raw' },
  );
  return {
    serve: (options) => broadcast.serve(options),
    status: () => ({ ...broadcast.status(), writable }),
  };
}
