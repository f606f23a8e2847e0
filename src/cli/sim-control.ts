// Talks to a running demo's control socket: cables are pulled from outside, as a person would.
import { connect } from 'node:net';
import { join } from 'node:path';
import { createClock, EXIT, WaymarkError, withDeadline } from '../core/index.js';
import { stdout } from './output.js';

export async function controlWorld(stateDir: string, command: Readonly<Record<string, unknown>>): Promise<number> {
  const path = join(stateDir, 'sim', 'control.sock');
  const answer = await withDeadline(
    { clock: createClock(), ms: 5000, what: `demo at ${path}` },
    () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(path);
        let text = '';
        socket.on('error', (cause) =>
          reject(
            new WaymarkError('status.unavailable', `no demo answers at ${path}`, {
              cause,
              hint: 'Start one with `waymark demo --state-dir DIR`, and name the same DIR here.',
            }),
          ),
        );
        socket.on('connect', () => socket.write(`${JSON.stringify(command)}\n`));
        socket.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (!text.includes('\n')) return;
          socket.end();
          resolve(text);
        });
      }),
  );
  stdout.write(answer);
  return answer.includes('"ok":true') ? EXIT.ok : EXIT.usage;
}
