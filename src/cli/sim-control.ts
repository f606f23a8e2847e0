// Talks to the control socket of a running world or module: cables are pulled from outside, as a person would.
import { connect } from 'node:net';
import { join } from 'node:path';
import { createClock, EXIT, WaymarkError, withDeadline } from '../core/index.js';
import { stdout } from './output.js';
import { simCommands } from './sim-process.js';

/** Nodes that come back one after the other take a moment on a small board. */
const ANSWER_MS = 20_000;

export interface ControlFlags {
  stateDir?: string;
  socket?: string;
  help?: boolean;
}

/** Sends what was typed and prints the answer, one JSON object on one line; gives the exit code. */
export async function controlSimulator(
  action: string | undefined,
  words: readonly string[],
  flags: ControlFlags,
  usage: () => string,
): Promise<number> {
  const { stateDir, socket, help } = flags;
  if (help === true || action === undefined) {
    // Ours from end to end: scrubbed, `password=rotate` would look like a password.
    (help === true ? process.stdout : process.stderr).write(`${usage()}\nActions:\n${simCommands()}`);
    return help === true ? EXIT.ok : EXIT.usage;
  }
  const path = socket ?? (stateDir === undefined ? undefined : join(stateDir, 'sim', 'control.sock'));
  if (path === undefined || (socket !== undefined && stateDir !== undefined))
    throw new WaymarkError('cli.usage', 'name the --state-dir of a world or the --socket of a module, one of both');
  const answer = await ask(path, { do: action, ...(words.length > 0 ? { words } : {}) });
  stdout.write(answer);
  return answer.startsWith('{"ok":true') ? EXIT.ok : EXIT.usage;
}

function ask(path: string, command: Readonly<Record<string, unknown>>): Promise<string> {
  return withDeadline(
    { clock: createClock(), ms: ANSWER_MS, what: `simulator at ${path}` },
    () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(path);
        const chunks: Buffer[] = [];
        const fail = (cause?: Error): void =>
          reject(
            new WaymarkError('status.unavailable', `no simulator answers at ${path}`, {
              cause,
              hint: 'Start `waymark demo --state-dir DIR`, `waymark sim world --state-dir DIR`, `waymark sim clouds --state-dir DIR` or `waymark sim modem --control SOCKET`, and name the same place here.',
            }),
          );
        socket.on('error', fail);
        socket.on('close', () => fail());
        socket.on('connect', () => socket.write(`${JSON.stringify(command)}\n`));
        socket.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (!chunk.includes('\n')) return;
          resolve(Buffer.concat(chunks).toString());
          socket.end();
        });
      }),
  );
}
