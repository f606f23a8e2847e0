// Packs the caster's data for one connection: chunks, gzip, and segments of one byte. What a client unpacks is what went
// in, in order.
import type { Socket } from 'node:net';
import { constants, createGzip, gzipSync } from 'node:zlib';
import type { StreamForm } from './caster-answers.js';

export interface CasterWire {
  /** As it is: heads, bytes outside the packing. */
  raw(bytes: Uint8Array): void;
  /** One piece of data, packed. */
  data(bytes: Uint8Array): void;
  /** Ends in order what was begun, once everything has left. */
  end(): void;
  /** Drops what has not left. */
  close(): void;
  /** Bytes that wait for the client. */
  readonly waiting: number;
}

const TAIL = Buffer.from('\r\n');

/** `isByteWise`: every byte is a write of its own. */
export function createCasterWire(
  socket: Socket,
  options: { form: Pick<StreamForm, 'isChunked' | 'gzip'>; isByteWise: boolean },
): CasterWire {
  const { form, isByteWise } = options;
  let queue = Buffer.alloc(0);
  let isPumping = false;
  let isEnding = false;
  let isClosed = false;

  const pump = (): void => {
    if (isClosed) return;
    if (queue.length === 0) {
      isPumping = false;
      if (isEnding) socket.end();
      return;
    }
    isPumping = true;
    const byte = queue.subarray(0, 1);
    queue = queue.subarray(1);
    // A turn of the loop between two bytes: the client reads the one before the next is written.
    socket.write(byte, () => setImmediate(pump));
  };
  const write = (bytes: Uint8Array): void => {
    if (isClosed || !socket.writable) return;
    if (!isByteWise) {
      socket.write(bytes);
      return;
    }
    queue = Buffer.concat([queue, bytes]);
    if (!isPumping) pump();
  };
  const chunk = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    if (!form.isChunked) write(bytes);
    else write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, TAIL]));
  };

  const gzip = form.gzip === 'stream' ? createGzip() : undefined;
  gzip?.on('data', chunk);
  gzip?.on('error', () => socket.destroy());
  const finish = (): void => {
    if (form.isChunked) write(Buffer.from('0\r\n\r\n'));
    isEnding = true;
    if (!isPumping) socket.end();
  };
  gzip?.once('end', finish);

  return {
    raw: write,
    data(bytes) {
      if (gzip) {
        gzip.write(bytes);
        gzip.flush(constants.Z_SYNC_FLUSH);
      } else chunk(form.gzip === 'chunk' ? gzipSync(bytes) : bytes);
    },
    end() {
      if (gzip) gzip.end();
      else finish();
    },
    close() {
      isClosed = true;
      queue = Buffer.alloc(0);
      gzip?.destroy();
    },
    get waiting() {
      return socket.writableLength + queue.length;
    },
  };
}
