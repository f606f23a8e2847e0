// Takes `Content-Encoding: gzip` off a stream. A body packed as a whole and one packed chunk by chunk are the same here:
// the members of a gzip stream simply follow each other.
import { constants, createGunzip } from 'node:zlib';
import { WaymarkError } from '../../core/index.js';

export interface Inflater {
  /** What these bytes unpack to. Errors: `ntrip.malformed`; not used again after that. */
  push(bytes: Uint8Array): Promise<Uint8Array[]>;
  close(): void;
}

/** Corrections hardly pack at all; a thousandfold of them is an attack on our memory. */
const MAX_OUTPUT_BYTES = 1_048_576;
const PIECE_BYTES = 16_384;

export function createInflater(): Inflater {
  // Sync flushes: a correction must not wait in the window for the next one.
  const gunzip = createGunzip({ flush: constants.Z_SYNC_FLUSH, chunkSize: PIECE_BYTES });
  let failure: WaymarkError | undefined;
  let fail: ((error: WaymarkError) => void) | undefined;
  gunzip.on('error', (error) => {
    failure ??= new WaymarkError('ntrip.malformed', 'the stream is not gzip as announced', { cause: error });
    fail?.(failure);
  });
  return {
    push: (bytes) =>
      new Promise((resolve, reject) => {
        if (failure) {
          reject(failure);
          return;
        }
        const pieces: Uint8Array[] = [];
        let total = 0;
        const take = (): void => {
          for (let piece: unknown = gunzip.read(); piece instanceof Uint8Array; piece = gunzip.read()) {
            pieces.push(piece);
            total += piece.length;
            if (total <= MAX_OUTPUT_BYTES) continue;
            gunzip.destroy(new WaymarkError('ntrip.malformed', 'a few packed bytes unpack to more than a megabyte'));
            return;
          }
        };
        const done = (): void => {
          gunzip.off('readable', take);
          fail = undefined;
        };
        fail = (error) => {
          done();
          reject(error);
        };
        gunzip.on('readable', take);
        gunzip.write(bytes, () => {
          take();
          if (failure) return;
          done();
          resolve(pieces);
        });
      }),
    close: () => void gunzip.destroy(),
  };
}
