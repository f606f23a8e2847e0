// What every link does the same way: a capped inbox that is never paused, writes with a deadline of their own, and a
// once-only end. Serial, TCP and memory supply only the transport below it.
import { AsyncQueue, abortReason, type Clock, deferred, type Logger, onAbort, WaymarkError } from '../core/index.js';
import type { CloseReason, Link } from './link.js';

/** Bytes a slow reader may leave unread; whole chunks beyond it are dropped and counted, because pausing hides hang-ups. */
const INBOX_CAP_BYTES = 4 * 1024 * 1024;
const WRITE_GRACE_MS = 2000;
const CLOSE_LIMIT_MS = 3000;

/** The bytes below a link. `done` is called at most once, when the operating system has taken the bytes or failed to. */
export interface Transport {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): void;
  /** Bytes the operating system took at once (0: ask `write`), where that never waits; throws when the port is gone. */
  tryWrite?(bytes: Uint8Array): number;
  /** Frees the device. May hang: the link abandons it after 3 s. */
  close(): Promise<void>;
}

/** A link with the handles its transport drives it by. */
export interface DrivenLink {
  readonly link: Link;
  /** Bytes that arrived. */
  arrived(chunk: Uint8Array): void;
  /** The far side went away: ends the reader, rejects pending writes, frees the device. First call wins. */
  gone(error: WaymarkError): void;
}

export interface LinkBaseOptions {
  name: string;
  clock: Clock;
  log: Logger;
  transport: Transport;
  /** Ten bits a byte; only the write deadline uses it. */
  baudRate: number;
}

let abandoned = 0;

/** A `Link` over `transport`; see `DrivenLink`. */
export function createLinkOver(options: LinkBaseOptions): DrivenLink {
  const { name, clock, log, transport } = options;
  const msPerByte = 10_000 / Math.max(300, options.baudRate);
  const inbox = new AsyncQueue<Uint8Array>();
  const closed = deferred<CloseReason>();
  const pending = new Set<(error: WaymarkError) => void>();
  let state: 'open' | 'ended' = 'open';
  let waitingBytes = 0;
  let writingBytes = 0;
  let dropped = 0;
  let freed: Promise<void> | undefined;

  /** Bounded: a driver may hold close back for half a minute, or for ever. */
  const free = (): Promise<void> => {
    freed ??= new Promise((resolve) => {
      const limit = clock.deadline(CLOSE_LIMIT_MS, () => {
        abandoned++;
        log.warn('link.close-abandoned', { name, abandoned }, 'The port did not close within 3 s and was abandoned.');
        resolve();
      });
      transport.close().then(
        () => {
          limit.cancel();
          resolve();
        },
        (error: unknown) => {
          limit.cancel();
          log.debug('link.close-failed', { name, error });
          resolve();
        },
      );
    });
    return freed;
  };

  const end = (reason: CloseReason): void => {
    if (state === 'ended') return;
    state = 'ended';
    if (dropped > 0) log.warn('link.dropped', { name, bytes: dropped }, 'The reader fell behind and lost bytes.');
    inbox.end();
    const error = reason.is === 'hangup' ? reason.error : new WaymarkError('link.closed', `${name}: closed`);
    for (const reject of [...pending]) reject(error);
    pending.clear();
    closed.resolve(reason);
    void free();
  };
  const gone = (error: WaymarkError): void => end({ is: 'hangup', error });

  const write = (bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      if (state === 'ended') {
        reject(new WaymarkError('link.closed', `${name}: write after the link closed`));
        return;
      }
      if (signal?.aborted) {
        reject(abortReason(signal));
        return;
      }
      let rest = bytes;
      if (writingBytes === 0 && transport.tryWrite) {
        // Nearly every write ends here: no timer, no listener, no trip through a stream.
        try {
          const taken = transport.tryWrite(bytes);
          if (taken === bytes.length) {
            resolve();
            return;
          }
          if (taken > 0) rest = bytes.subarray(taken);
        } catch (error) {
          const reason = new WaymarkError('link.closed', `${name}: write failed: ${(error as Error).message}`, {
            cause: error,
          });
          reject(reason);
          gone(reason);
          return;
        }
      }
      const length = rest.length;
      writingBytes += length;
      let settled = false;
      const settle = (error?: Error | null): void => {
        if (settled) return;
        settled = true;
        timer.cancel();
        off?.();
        pending.delete(settle);
        if (error) reject(error);
        else resolve();
      };
      pending.add(settle);
      // Earlier writes share the line, so their time counts too.
      const timer = clock.deadline(WRITE_GRACE_MS + 2 * writingBytes * msPerByte, () => {
        const error = new WaymarkError('link.stalled', `${name}: ${length} bytes were not taken in time`);
        settle(error);
        gone(error);
      });
      const off = signal ? onAbort(signal, () => settle(abortReason(signal))) : undefined;
      transport.write(rest, (error) => {
        writingBytes -= length;
        if (!error) settle();
        else {
          const lost = new WaymarkError('link.closed', `${name}: write failed: ${error.message}`, { cause: error });
          settle(lost);
          gone(lost);
        }
      });
    });

  const bytes: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]() {
      const source = inbox[Symbol.asyncIterator]();
      return {
        async next() {
          const item = await source.next();
          if (!item.done) waitingBytes -= item.value.length;
          return item;
        },
        async return() {
          return (await source.return?.()) ?? { value: undefined, done: true };
        },
      };
    },
  };

  return {
    gone,
    arrived(chunk) {
      if (state === 'ended') return;
      if (waitingBytes + chunk.length > INBOX_CAP_BYTES) {
        if (dropped === 0) log.warn('link.overflow', { name }, 'Bytes arrive faster than they are read; dropping.');
        dropped += chunk.length;
        return;
      }
      waitingBytes += chunk.length;
      inbox.push(chunk);
    },
    link: {
      name,
      bytes,
      closed: closed.promise,
      write: (data, writeOptions) => write(data, writeOptions?.signal),
      [Symbol.asyncDispose]: () => {
        end({ is: 'closed' });
        return free();
      },
    },
  };
}
