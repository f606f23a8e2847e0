// A TCP service that can vanish without a word, as if the road to it carried nothing any more: its process is stopped
// and its queue filled, so that the kernel drops every further attempt. A refusal would be an answer, and proves a road.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const SERVICE = `
const server = require('node:net').createServer((socket) => socket.on('error', () => {}).end());
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port));
process.stdin.on('end', () => process.exit()).resume();
`;
/** A connection over loopback takes less than a millisecond; one that is dropped is tried again after a second. */
const DROPPED_MS = 300;
const MAX_QUEUE = 64;

export interface FarSide extends Disposable {
  /** `host:port`. */
  readonly address: string;
  vanish(): Promise<void>;
  comeBack(): void;
}

export async function createFarSide(): Promise<FarSide> {
  const child = spawn(process.execPath, ['-e', SERVICE], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(text.toString());
  let queue: Socket[] = [];

  const connects = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      queue.push(socket);
      const timer = setTimeout(() => resolve(false), DROPPED_MS);
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(true);
      });
      socket.on('error', () => undefined);
    });
  const leave = (): void => {
    for (const socket of queue) socket.destroy();
    queue = [];
  };
  return {
    address: `127.0.0.1:${port}`,
    async vanish() {
      child.kill('SIGSTOP');
      for (let i = 0; i < MAX_QUEUE; i++) if (!(await connects())) return;
      throw new Error('the queue of a stopped service does not fill');
    },
    comeBack() {
      leave();
      child.kill('SIGCONT');
    },
    [Symbol.dispose]() {
      leave();
      child.kill('SIGKILL');
    },
  };
}
