// A pseudo-terminal by socat: the test is the device on its other side. Killing the child is the unplug.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Pty {
  readonly path: string;
  readonly child: ChildProcess;
  send(bytes: Uint8Array | string): void;
  onBytes(callback: (bytes: Buffer) => void): void;
  unplug(): void;
  [Symbol.dispose](): void;
}

export async function until(what: string, fact: () => boolean, limitMs = 10_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!fact()) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A device at `at` (which must be free), or at a name of its own. */
export async function openPty(at?: string): Promise<Pty> {
  const folder = at === undefined ? mkdtempSync(join(tmpdir(), 'waymark-pty-')) : undefined;
  const path = at ?? join(folder ?? '', 'tty');
  const child = spawn('socat', [`PTY,raw,echo=0,link=${path}`, 'STDIO'], { stdio: ['pipe', 'pipe', 'ignore'] });
  // The write after the kill is otherwise an uncaught EPIPE.
  child.stdin.on('error', () => {});
  await until('socat made its link', () => existsSync(path));
  return {
    path,
    child,
    send: (bytes) => void child.stdin.write(bytes),
    onBytes: (callback) => void child.stdout.on('data', callback),
    unplug: () => void child.kill('SIGKILL'),
    [Symbol.dispose]: () => {
      child.kill('SIGKILL');
      rmSync(folder ?? path, { recursive: true, force: true });
    },
  };
}
