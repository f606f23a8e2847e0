// A serial port out of nothing: a pseudo-terminal with a stable path whose far side is this process. Node cannot make
// one, so socat does (a child); without it util-linux `script`; without that a TCP listener. Killing the child is the
// unplug. No child outlives this process: each watches for our end by itself, and an orderly exit kills it.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { AsyncQueue, type Clock, createClock, deferred, sleep, WaymarkError } from '../core/index.js';

export type PtyMethod = 'socat' | 'script' | 'tcp';

/** One plugged-in period of a simulated serial port. Single use: after `closed` make a new one. */
export interface SimPort extends AsyncDisposable {
  /** The path of the port (a symbolic link), or `tcp://127.0.0.1:port`. */
  readonly address: string;
  readonly kind: 'pty' | 'tcp';
  readonly method: PtyMethod;
  /** The child that holds the pseudo-terminal; somebody may kill it. */
  readonly childPid: number | undefined;
  /** What the program on the other side sends, for one reader. Ends without an error. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Bytes nobody could take because the other side does not read (a UART loses them, too). */
  readonly droppedBytes: number;
  /** Never blocks and never throws; after the end, bytes go nowhere. */
  write(bytes: Uint8Array): void;
  /** The cable is pulled: the program on the other side gets a hang-up and the address vanishes. */
  unplug(): Promise<void>;
  /** Settled when the port is gone for any reason. */
  readonly closed: Promise<void>;
}

export interface PtyOptions {
  /** Where the symbolic link to the pseudo-terminal goes. An old link is replaced, any other file is not. */
  link: string;
  /** Names the port in errors. */
  label?: string;
  /** What to try, in order (default all). */
  methods?: readonly PtyMethod[];
  /** Fixed port of the TCP fall-back (default: any free one). */
  tcpPort?: number;
}

const START_LIMIT_MS = 10_000;
const MAX_UNREAD_BYTES = 262_144;
const QUEUED_CHUNKS = 1024;
/** socat reads more into its address than a path: only characters without a meaning there. */
const PLAIN_PATH = /^[\w./@+~ -]{1,500}$/;

const children = new Set<ChildProcessWithoutNullStreams>();
let watching = false;
function killWithUs(child: ChildProcessWithoutNullStreams): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const each of children) each.kill('SIGKILL');
  });
}

/** Opens the first kind of port this machine can make. Errors: `cli.usage` (path), `link.busy` (a real file is there). */
export async function openPty(options: PtyOptions): Promise<SimPort> {
  // Children start at the pace of the real machine, whatever the scale of the simulation.
  const clock = createClock();
  for (const method of options.methods ?? (['socat', 'script', 'tcp'] as const)) {
    if (method === 'tcp') return openTcp(options.tcpPort ?? 0);
    await clearLink(options.link);
    const port = method === 'socat' ? await openSocat(options.link, clock) : await openScript(options.link, clock);
    if (port) return port;
  }
  throw new WaymarkError('link.absent', `${options.label ?? options.link}: no way to make a serial port here`);
}

async function clearLink(link: string): Promise<void> {
  if (!PLAIN_PATH.test(link)) throw new WaymarkError('cli.usage', `${link}: not a plain path for a simulated port`);
  await mkdir(dirname(link), { recursive: true }).catch((error: unknown) => {
    throw new WaymarkError('link.permission', `${dirname(link)}: cannot be made`, { cause: error });
  });
  const old = await lstat(link).catch(() => undefined);
  if (old && !old.isSymbolicLink()) throw new WaymarkError('link.busy', `${link}: exists and is not a symbolic link`);
  if (old) await rm(link, { force: true });
}

/** A started child, or nothing when the program is not installed. */
async function start(command: string, args: readonly string[]): Promise<ChildProcessWithoutNullStreams | undefined> {
  // Out of our process group: a Ctrl-C in the terminal is for us to act on, in order.
  const child = spawn(command, args, { stdio: 'pipe', detached: true });
  // Bytes written after the kill meet a closed pipe; that is the unplug, not a defect.
  child.stdin.on('error', () => undefined);
  child.stderr.resume();
  const started = await once(child, 'spawn').then(
    () => true,
    () => false,
  );
  if (!started) return undefined;
  child.on('error', () => undefined);
  killWithUs(child);
  return child;
}

async function openSocat(link: string, clock: Clock): Promise<SimPort | undefined> {
  const child = await start('socat', [`PTY,raw,echo=0,link=${link}`, 'STDIO']);
  if (!child) return undefined;
  for (let waited = 0; child.exitCode === null && waited < START_LIMIT_MS; waited += 5) {
    const target = await readlink(link).catch(() => undefined);
    if (target !== undefined) return adopt(child, link, target, 'socat', child.stdout);
    await sleep(clock, 5);
  }
  child.kill('SIGKILL');
  return undefined;
}

async function openScript(link: string, clock: Clock): Promise<SimPort | undefined> {
  // The loop ends the pseudo-terminal when this process is gone, even by SIGKILL.
  const inside = `stty raw -echo; tty; while kill -0 ${process.pid} 2>/dev/null; do sleep 1; done`;
  const child = await start('script', ['-q', '-f', '-c', inside, '/dev/null']);
  if (!child) return undefined;
  const name = deferred<string | undefined>();
  let head = '';
  const rest: Uint8Array[] = [];
  const onHead = (chunk: Buffer): void => {
    head += chunk.toString('latin1');
    const end = head.indexOf('\n');
    if (end < 0 && head.length < 200) return;
    child.stdout.off('data', onHead);
    child.stdout.pause();
    if (end >= 0 && end + 1 < head.length) rest.push(Buffer.from(head.slice(end + 1), 'latin1'));
    name.resolve(head.slice(0, Math.max(0, end)).trim());
  };
  child.stdout.on('data', onHead);
  child.once('exit', () => name.resolve(undefined));
  const limit = clock.deadline(START_LIMIT_MS, () => name.resolve(undefined));
  const target = await name.promise;
  limit.cancel();
  if (target?.startsWith('/dev/') !== true) {
    child.kill('SIGKILL');
    return undefined;
  }
  const isLinked = await symlink(target, link).then(
    () => true,
    () => false,
  );
  if (!isLinked) {
    child.kill('SIGKILL');
    return undefined;
  }
  return adopt(child, link, target, 'script', child.stdout, rest);
}

function adopt(
  child: ChildProcessWithoutNullStreams,
  link: string,
  target: string,
  method: PtyMethod,
  source: AsyncIterable<Buffer>,
  first: readonly Uint8Array[] = [],
): SimPort {
  const queue = new AsyncQueue<Uint8Array>(QUEUED_CHUNKS);
  for (const chunk of first) queue.push(chunk);
  void pump(source, queue);
  let droppedBytes = 0;
  let gone = false;
  const exited =
    child.exitCode === null && child.signalCode === null
      ? once(child, 'exit').then(() => undefined)
      : Promise.resolve();
  const closed = exited.then(async () => {
    gone = true;
    queue.end();
    child.stdin.destroy();
    child.stdout.destroy();
    // A successor may already have put its own link there.
    if ((await readlink(link).catch(() => undefined)) === target) await rm(link, { force: true });
  });
  const unplug = async (): Promise<void> => {
    child.kill('SIGKILL');
    await closed;
  };
  return {
    address: link,
    kind: 'pty',
    method,
    childPid: child.pid,
    bytes: queue,
    closed,
    get droppedBytes() {
      return droppedBytes;
    },
    write(bytes) {
      if (gone) return;
      if (child.stdin.writableLength > MAX_UNREAD_BYTES) droppedBytes += bytes.length;
      else child.stdin.write(bytes);
    },
    unplug,
    [Symbol.asyncDispose]: unplug,
  };
}

/** Moves chunks with back-pressure; the end of the source, orderly or not, is not its business. */
async function pump(source: AsyncIterable<Buffer>, queue: AsyncQueue<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of source) {
      await queue.hasRoom();
      queue.push(chunk);
    }
  } catch {
    // A killed child's pipe ends early; `closed` tells.
  }
}

async function openTcp(port: number): Promise<SimPort> {
  const queue = new AsyncQueue<Uint8Array>(QUEUED_CHUNKS);
  const ended = deferred<undefined>();
  let client: Socket | undefined;
  let droppedBytes = 0;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    // A serial port has one user.
    if (client) {
      socket.destroy();
      return;
    }
    client = socket;
    socket.setNoDelay(true);
    socket.once('close', () => {
      client = undefined;
    });
    void pump(socket, queue);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new WaymarkError('link.absent', 'no TCP address');
  const unplug = async (): Promise<void> => {
    client?.destroy();
    server.close(() => ended.resolve(undefined));
    queue.end();
    await ended.promise;
  };
  return {
    address: `tcp://127.0.0.1:${bound.port}`,
    kind: 'tcp',
    method: 'tcp',
    childPid: undefined,
    bytes: queue,
    closed: ended.promise.then(() => undefined),
    get droppedBytes() {
      return droppedBytes;
    },
    write(bytes) {
      if (!client) return;
      if (client.writableLength > MAX_UNREAD_BYTES) droppedBytes += bytes.length;
      else client.write(bytes);
    },
    unplug,
    [Symbol.asyncDispose]: unplug,
  };
}
