// Commands to the simulated world as JSON lines, one answer a line, from a pipe or from a local socket. What comes in is
// data: bounded, and a line that is no command is answered, never thrown on.
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Logger } from '../core/index.js';

export type Answer = { ok: true; [more: string]: unknown } | { ok: false; error: string };
/** Carries out what a line said. A rejection becomes an answer. */
export type PerformCommand = (data: unknown) => Promise<Answer>;

const MAX_LINE = 4096;

async function answerTo(line: string, perform: PerformCommand): Promise<Answer> {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    return { ok: false, error: 'not JSON' };
  }
  try {
    return await perform(data);
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : 'failed' };
  }
}

/** Reads commands in order, one at a time; `onEnd` when nothing more can come. Returns the stop. */
export function readCommands(
  input: Readable,
  perform: PerformCommand,
  print: (answer: Answer) => void,
  onEnd: () => void,
): () => void {
  let text = '';
  let last: Promise<unknown> = Promise.resolve();
  const onLine = (line: string): void => {
    if (line.trim() === '') return;
    last = last.then(async () => print(await answerTo(line, perform)));
  };
  const onData = (chunk: Buffer | string): void => {
    text += chunk.toString();
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) onLine(line.slice(0, MAX_LINE));
    // The rest of an endless line is refused once its end comes.
    if (text.length > MAX_LINE) text = text.slice(0, MAX_LINE);
  };
  const end = (): void => {
    stop();
    onEnd();
  };
  const stop = (): void => {
    input.off('data', onData);
    for (const event of ['end', 'close', 'error'] as const) input.off(event, end);
    // An open input must not keep the process, and a late error must not end it.
    input.pause();
    input.on('error', () => undefined);
  };
  for (const event of ['end', 'close', 'error'] as const) input.on(event, end);
  input.on('data', onData);
  return stop;
}

export interface ControlSocket {
  close(): Promise<void>;
}

/**
 * Listens on a local socket, readable by the owner alone; a stale one is replaced. A path this system cannot take (too
 * long) is reported and done without: the pipe still works.
 */
export async function listenForCommands(path: string, perform: PerformCommand, log: Logger): Promise<ControlSocket> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    const print = (answer: Answer): void => {
      if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
    };
    readCommands(socket, perform, print, () => socket.end());
  });
  try {
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    await chmod(path, 0o600);
  } catch (error) {
    log.warn('sim.control-socket', { path, error }, 'the world has no control socket; its pipe still works');
  }
  return {
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroySoon();
        if (server.listening) server.close(() => resolve());
        else resolve();
      }),
  };
}
