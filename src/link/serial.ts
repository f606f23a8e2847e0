// Serial ports: one stream object per plug-in, never opened again (a write parked in a closed one would be sent to the
// next device). The truth about a hang-up comes from the hardened binding; a look at the device node every two seconds
// is the second line.
import { fstatSync } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import {
  abortReason,
  type Clock,
  deferred,
  type ErrorCode,
  type Logger,
  onAbort,
  type Timer,
  WaymarkError,
} from '../core/index.js';
import { createLinkOver } from './base.js';
import { hardenPort, type RawPort } from './binding.js';
import type { Link, LinkTarget } from './link.js';

const NODE_CHECK_MS = 2000;
const OPEN_LIMIT_MS = 10_000;
/** Smaller than stock (64 KiB): one pool block per port is resident all the time. */
const READ_POOL_BYTES = 16_384;

export interface LinkDeps {
  clock: Clock;
  log: Logger;
}

/** The stream class and the real binding; loaded on first use, so that a missing addon disables serial ports only. */
async function loadSerial(path: string) {
  try {
    const [{ SerialPortStream }, { SerialPort }] = await Promise.all([
      import('@serialport/stream'),
      import('serialport'),
    ]);
    // The union of three systems' bindings has no call signature in common; all open a port from the same options.
    const binding = SerialPort.binding as unknown as { open(options: object): Promise<RawPort> };
    return { SerialPortStream, binding };
  } catch (error) {
    throw new WaymarkError('link.driver', `${path}: the serial driver could not be loaded`, { cause: error });
  }
}

/** Whether serial ports can be used at all. Errors: `link.driver`. */
export async function checkSerialDriver(): Promise<void> {
  await loadSerial('serial ports');
}

/** A missing path has no error code when the binding opens it, so it is looked at first. */
async function checkNode(path: string): Promise<void> {
  try {
    const node = await stat(path);
    if (!node.isCharacterDevice()) throw new WaymarkError('link.absent', `${path} is not a serial device`);
    await access(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    if (error instanceof WaymarkError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const denied = code === 'EACCES' || code === 'EPERM';
    throw new WaymarkError(
      denied ? 'link.permission' : 'link.absent',
      denied ? `${path}: permission denied` : `${path}: no such device`,
      { cause: error },
    );
  }
}

function openFailure(path: string, error: Error): WaymarkError {
  const text = error.message;
  let code: ErrorCode = 'link.absent';
  if (/cannot lock|temporarily unavailable|busy/i.test(text)) code = 'link.busy';
  else if (/permission denied|not permitted/i.test(text)) code = 'link.permission';
  return new WaymarkError(code, `${path}: ${text.replace(/^Error:?\s*/, '')}`, { cause: error });
}

/** Opens a serial port. Errors: `link.absent`, `link.busy`, `link.permission`, `core.timeout`, the abort reason. */
export async function openSerial(deps: LinkDeps, target: LinkTarget, signal?: AbortSignal): Promise<Link> {
  const { clock, log } = deps;
  const path = target.address;
  if (signal?.aborted) throw abortReason(signal);
  await checkNode(path);
  const { SerialPortStream, binding } = await loadSerial(path);

  const released = deferred<undefined>();
  let raw: RawPort | undefined;
  const guarded = {
    list: () => Promise.resolve([]),
    open: async (options: object) => {
      const port = await binding.open(options);
      raw = port;
      hardenPort(port);
      const close = port.close.bind(port);
      // Both ends of a hang-up want to close; the descriptor is closed once.
      let closing: Promise<void> | undefined;
      port.close = () => {
        closing ??= close().finally(() => released.resolve(undefined));
        return closing;
      };
      return port;
    },
  };
  const stream = new SerialPortStream({
    binding: guarded,
    path,
    baudRate: target.baudRate,
    autoOpen: false,
    highWaterMark: READ_POOL_BYTES,
    hupcl: false,
    vmin: 1,
    vtime: 0,
    // The stream uses only what a RawPort has.
  } as unknown as ConstructorParameters<typeof SerialPortStream>[0]);

  let watch: Timer | undefined;
  const driven = createLinkOver({
    name: path,
    clock,
    log,
    baudRate: target.baudRate,
    transport: {
      write(bytes, done) {
        // A closed stream parks writes for its next open: never let it.
        if (!stream.isOpen) done(new Error('port is closed'));
        else stream.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), done);
      },
      tryWrite: (bytes) => (stream.isOpen && raw?.tryWrite ? raw.tryWrite(bytes) : 0),
      async close() {
        watch?.cancel();
        if (!raw) return;
        if (stream.isOpen) stream.close(() => undefined);
        else if (raw.isOpen) await raw.close();
        await released.promise;
      },
    },
  });
  const gone = (why: string): void => driven.gone(new WaymarkError('link.closed', `${path}: ${why}`));
  stream.on('error', (error) => gone(error.message));
  stream.on('close', () => gone('hang-up'));
  stream.on('data', (chunk: Uint8Array) => driven.arrived(chunk));

  await opened(deps, stream, driven.link, path, signal);

  // The node is followed through symbolic links: a stable name that now points elsewhere is another device.
  const first = nodeOf(raw);
  let isOver = false;
  const look = (): void => {
    stat(path).then(
      (now) => {
        // The link may have closed meanwhile: one more timer would live, and keep the process alive, for ever.
        if (isOver) return;
        if (first && (now.rdev !== first.rdev || now.ino !== first.ino)) gone('another device took its name');
        else watch = clock.deadline(NODE_CHECK_MS, look);
      },
      () => gone('the device node is gone'),
    );
  };
  watch = clock.deadline(NODE_CHECK_MS, look);
  void driven.link.closed.then(() => {
    isOver = true;
    watch?.cancel();
  });
  return driven.link;
}

function nodeOf(raw: RawPort | undefined): { rdev: number; ino: number } | undefined {
  try {
    return raw && raw.fd !== null ? fstatSync(raw.fd) : undefined;
  } catch {
    return undefined;
  }
}

/** Waits for the open to succeed; a port that opens after we gave up is closed again. */
function opened(
  deps: LinkDeps,
  stream: { open(callback: (error: Error | null) => void): void },
  link: Link,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(abortReason(signal));
      return;
    }
    let waiting = true;
    const settle = (error?: Error): void => {
      if (!waiting) return;
      waiting = false;
      limit.cancel();
      off();
      if (error) reject(error);
      else resolve();
    };
    const limit = deps.clock.deadline(OPEN_LIMIT_MS, () =>
      settle(new WaymarkError('core.timeout', `${path}: did not open within ${OPEN_LIMIT_MS / 1000} s`)),
    );
    const off = onAbort(signal, () => {
      if (signal) settle(abortReason(signal));
    });
    stream.open((error) => {
      if (!waiting) void link[Symbol.asyncDispose]();
      else settle(error ? openFailure(path, error) : undefined);
    });
  });
}
