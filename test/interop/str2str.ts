// str2str (rtklib) and what stands around it in these tests: a tap on the line that keeps what passes, and the simulated
// clouds as a process of their own, provisioned from with curl as any program would.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { CloudsDescription } from '../../src/sim/index.js';
import { cli, startCli } from '../helpers/cli.js';

export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port nobody listens on: str2str cannot choose one itself. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** str2str until it is told to end; asked with SIGINT, as its manual says, it closes its file. */
export interface Str2str extends AsyncDisposable {
  end(): Promise<void>;
}

export function startStr2str(...args: string[]): Str2str {
  const child = spawn('str2str', args, { stdio: 'ignore' });
  const ended = new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
  ended.catch(() => undefined);
  const end = async (): Promise<void> => {
    child.kill('SIGINT');
    await ended;
  };
  return { end, [Symbol.asyncDispose]: end };
}

export interface CasterStr2str extends AsyncDisposable {
  readonly port: number;
  /** Sends bytes to whoever streams; nobody gets what came before. */
  feed(bytes: Uint8Array): void;
}

/** str2str as an NTRIP caster with one mountpoint and one account, fed over a socket. */
export async function startCasterStr2str(account: {
  userName: string;
  password: string;
  mountPoint: string;
}): Promise<CasterStr2str> {
  const source = createServer();
  const port = await freePort();
  const from = `tcpcli://127.0.0.1:${await listening(source)}`;
  const { userName, password, mountPoint } = account;
  const program = startStr2str('-in', from, '-out', `ntripc://${userName}:${password}@:${port}/${mountPoint}`);
  // It asks for its input first and opens the caster's port in the same breath.
  const [line] = (await once(source, 'connection')) as [Socket];
  line.setNoDelay(true).on('error', () => undefined);
  return {
    port,
    feed: (bytes) => void line.write(bytes),
    async [Symbol.asyncDispose]() {
      await program.end();
      line.destroy();
      source.close();
    },
  };
}

/** One connection's bytes in both directions, as they passed. */
export interface Tap extends Disposable {
  readonly port: number;
  /** What the server sent, all of it handed on. */
  down(): Buffer;
  /** When each piece of it passed, ms. */
  readonly times: readonly number[];
  up(): Buffer;
  /** From now on nothing more is handed down. */
  hold(): void;
}

export async function startTap(targetPort: number): Promise<Tap> {
  const down: Buffer[] = [];
  const up: Buffer[] = [];
  const times: number[] = [];
  const sockets = new Set<Socket>();
  let isHeld = false;
  const server = createServer((client) => {
    const far = connect(targetPort, '127.0.0.1');
    for (const socket of [client, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => [client, far].forEach((each) => each.destroy()));
    }
    client.on('data', (bytes: Buffer) => {
      up.push(bytes);
      far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => {
      if (isHeld) return;
      down.push(bytes);
      times.push(performance.now());
      client.write(bytes);
    });
  });
  const port = await listening(server);
  return {
    port,
    down: () => Buffer.concat(down),
    times,
    up: () => Buffer.concat(up),
    hold: () => void (isHeld = true),
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What a tap saw behind the first line of the answer: data, and the blank line where the caster sends one. */
export function behindFirstLine(tap: Tap): Buffer {
  const down = tap.down();
  return down.subarray(down.indexOf('\r\n') + 2);
}

export const contents = (file: string): Buffer => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0));

export interface RtcmCredentials {
  endpoint: string;
  httpPort: string;
  userName: string;
  password: string;
  mountPoint: string;
}

export interface CloudsProcess extends AsyncDisposable {
  readonly description: CloudsDescription;
  /** `sim ctl`; what it answers. */
  tell(...words: string[]): Promise<Record<string, unknown>>;
  /** Provisions a device with curl. */
  provision(hardwareId: string): Promise<RtcmCredentials>;
}

/** `waymark sim clouds --plan ntrip` with more options. */
export async function startClouds(folder: string, ...options: string[]): Promise<CloudsProcess> {
  const clouds = startCli(['sim', 'clouds', '--plan', 'ntrip', '--state-dir', folder, ...options]);
  const first = new Promise<string>((resolve, reject) => {
    clouds.child.stdout?.on('data', () => {
      if (clouds.output.stdout.includes('\n')) resolve(clouds.output.stdout);
    });
    void clouds.ended.then(({ stderr }) => reject(new Error(`the clouds ended: ${stderr}`)));
  });
  const description = JSON.parse(await first) as CloudsDescription;
  const tell = async (...words: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout, stderr } = await cli('sim', 'ctl', '--state-dir', folder, ...words);
    if (code !== 0) throw new Error(`sim ctl ${words.join(' ')}: ${stderr}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  return {
    description,
    tell,
    async provision(hardwareId) {
      // The token stays off the command line.
      const body = join(folder, 'request.json');
      writeFileSync(body, JSON.stringify({ token: description.ztp.token, hardwareId, tags: ['ztp'] }), { mode: 0o600 });
      const args = ['-sS', '--max-time', '10', '--cacert', description.caFile, '--data-binary', `@${body}`];
      const answer = await new Promise<string>((resolve, reject) => {
        execFile('curl', [...args, '-H', 'Content-Type: application/json', description.ztp.url], (error, stdout) => {
          if (error) reject(new Error(`curl: ${error.message}`));
          else resolve(stdout);
        });
      });
      return (JSON.parse(answer) as { rtcmCredentials: RtcmCredentials }).rtcmCredentials;
    },
    async [Symbol.asyncDispose]() {
      clouds.child.kill('SIGTERM');
      await clouds.ended;
    },
  };
}
