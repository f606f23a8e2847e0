// The serial binding with its three traps closed (specs/reliability.md 3.1):
// a read of 0 bytes is a hang-up and not a reason to read again for ever; waiting for "writable" must not make the
// poller forget "readable" (it replaces its watch), or two full pipes wait for each other; and what the thread pool
// did per command (two hops a read, one a write) is done at once, as the descriptor never blocks.
import { read as fsRead, write as fsWrite, readFileSync, readSync, writeSync } from 'node:fs';

/** The part of an opened port of the stock binding that is used here. */
export interface RawPort {
  readonly fd: number | null;
  readonly isOpen: boolean;
  /** Absent on systems whose binding works otherwise. */
  readonly poller?: {
    once(event: 'readable' | 'writable', callback: (error: Error | null) => void): unknown;
    poll(flags: number): void;
  };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
  write(buffer: Buffer): Promise<void>;
  close(): Promise<void>;
  /** Set by `hardenPort` where a write never blocks: how many bytes were taken now. */
  tryWrite?(bytes: Uint8Array): number;
}

const READABLE = 0b01;
const WRITABLE = 0b10;
const O_NONBLOCK = 0o4000;

interface PortFault extends Error {
  /** The stream closes itself and says so. */
  disconnect?: boolean;
  /** The stream stays quiet: we closed the port. */
  canceled?: boolean;
}

function fault(message: string, marks: { disconnect?: boolean; canceled?: boolean }): PortFault {
  return Object.assign(new Error(message), marks);
}

const wouldBlock = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
};

const lost = (error: unknown): PortFault => {
  const known = error as PortFault;
  if (known.canceled !== true) known.disconnect = true;
  return known;
};

/** True when the kernel says the descriptor never blocks; then synchronous calls are safe and cheaper. */
function isNonBlocking(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_NONBLOCK) !== 0;
  } catch {
    return false;
  }
}

type Transfer = (fd: number, buffer: Buffer, offset: number, length: number) => number | Promise<number>;

const pooled =
  (call: typeof fsRead | typeof fsWrite): Transfer =>
  (fd, buffer, offset, length) =>
    new Promise((resolve, reject) => {
      (call as typeof fsRead)(fd, buffer, offset, length, null, (error, count) => {
        if (error) reject(error);
        else resolve(count);
      });
    });

/** Replaces `read` and `write` of an opened port in place. */
export function hardenPort(port: RawPort): void {
  const { poller } = port;
  if (port.fd === null || !poller) return;
  const direct = isNonBlocking(port.fd);
  const readSome: Transfer = direct ? (fd, b, o, n) => readSync(fd, b, o, n, null) : pooled(fsRead);
  const writeSome: Transfer = direct ? (fd, b, o, n) => writeSync(fd, b, o, n, null) : pooled(fsWrite);
  let waiting = 0;

  const ready = (event: 'readable' | 'writable', flag: number): Promise<void> =>
    new Promise((resolve, reject) => {
      waiting |= flag;
      poller.once(event, (error) => {
        waiting &= ~flag;
        if (error) reject(error);
        else {
          resolve();
          // The poller has just dropped its watch for the other direction if that one was asked for first.
          if (waiting !== 0 && port.isOpen) poller.poll(waiting);
        }
      });
      if (waiting !== flag) poller.poll(waiting);
    });

  if (direct)
    port.tryWrite = (bytes) => {
      if (port.fd === null) throw fault('port closed', { canceled: true });
      try {
        return writeSync(port.fd, bytes, 0, bytes.length, null);
      } catch (error) {
        if (wouldBlock(error)) return 0;
        throw error;
      }
    };

  port.read = async (buffer, offset, length) => {
    try {
      for (;;) {
        if (direct) await ready('readable', READABLE);
        const fd = port.fd;
        if (fd === null) throw fault('port closed', { canceled: true });
        try {
          const bytesRead = await readSome(fd, buffer, offset, length);
          if (bytesRead === 0) throw fault('hang-up', { disconnect: true });
          return { buffer, bytesRead };
        } catch (error) {
          if (!wouldBlock(error)) throw error;
          if (!direct) await ready('readable', READABLE);
        }
      }
    } catch (error) {
      throw port.fd === null ? fault('port closed', { canceled: true }) : lost(error);
    }
  };

  port.write = async (buffer) => {
    let offset = 0;
    try {
      while (offset < buffer.length) {
        const fd = port.fd;
        if (fd === null) throw fault('port closed', { canceled: true });
        try {
          offset += await writeSome(fd, buffer, offset, buffer.length - offset);
        } catch (error) {
          if (!wouldBlock(error)) throw error;
          await ready('writable', WRITABLE);
        }
      }
    } catch (error) {
      throw port.fd === null ? fault('port closed', { canceled: true }) : lost(error);
    }
  };
}
