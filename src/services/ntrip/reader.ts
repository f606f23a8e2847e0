// Reads a stream piece by piece, without the side effects of Node's own iterator: stopping to read does not destroy the
// stream, so that it can be closed in order.
import type { Duplex } from 'node:stream';
import type { WaymarkError } from '../../core/index.js';
import { type Deferred, deferred } from '../../core/index.js';
import { mapTlsError } from '../../net/index.js';

export interface StreamReader {
  /** The next bytes; undefined at the end. Errors: `net.*`, `tls.*`. For one caller at a time. */
  next(): Promise<Uint8Array | undefined>;
  /** Stops reading and throws away what still comes. */
  drain(): void;
}

export function createStreamReader(stream: Duplex, host: string): StreamReader {
  let failure: WaymarkError | undefined;
  let isOver = stream.destroyed || stream.readableEnded;
  let wake: Deferred<undefined> | undefined;
  const poke = (): void => {
    wake?.resolve(undefined);
    wake = undefined;
  };
  const over = (): void => {
    isOver = true;
    poke();
  };
  stream.on('readable', poke);
  stream.on('end', over);
  stream.on('close', over);
  // Stays for the stream's life: an error nobody waits for any more must not end the process.
  stream.on('error', (error) => {
    failure ??= mapTlsError(error, host);
    over();
  });
  return {
    async next() {
      for (;;) {
        const bytes: unknown = stream.read();
        if (bytes instanceof Uint8Array) return bytes;
        if (failure) throw failure;
        if (isOver) return undefined;
        wake = deferred();
        await wake.promise;
      }
    },
    drain() {
      stream.off('readable', poke);
      stream.resume();
      over();
    },
  };
}
