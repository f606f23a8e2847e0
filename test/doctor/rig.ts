// A healthy gateway laid out for the doctor: a simulated module and receiver on real pseudo terminals, a service with an
// authority of its own, and /sys, /proc and /etc in a folder. Each fault is then staged from outside.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CheckResult, type DoctorMachine, type DoctorReport, runDoctor } from '../../src/agent/index.js';
import { type Clock, createClock, silentLogger } from '../../src/core/index.js';
import { createLinkOpener } from '../../src/link/index.js';
import { createHostDialer } from '../../src/net/index.js';
import { createPlug, createSimModule, createSimReceiver, type Plug, type SimModule } from '../../src/sim/index.js';
import { type Authority, createAuthority, type Issued } from '../helpers/pki.js';

export const TOKEN = '01234567-89ab-4def-8123-456789abcdef';

export interface Laid {
  readonly dir: string;
  readonly machine: DoctorMachine;
  /** Of the configuration file, section by section; `undefined` leaves one out. */
  config: Record<string, unknown>;
  /** A file below /sys, /proc or /etc of this machine. */
  write(path: string, text: string): void;
  /** The real process, seen in this machine's /proc. */
  showProcess(pid: number): void;
}

export interface Rig extends AsyncDisposable {
  readonly module: SimModule;
  readonly modemPort: string;
  readonly receiverPort: string;
  /** A port with a cable and nobody on the other end. */
  readonly deadPort: string;
  readonly authority: Authority;
  readonly service: { host: string; port: number };
  serve(issued: Issued): Promise<{ port: number }>;
  lay(): Laid;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

export async function createRig(): Promise<Rig> {
  const clock = createClock();
  const root = mkdtempSync(join(tmpdir(), 'waymark-doctor-'));
  const plug = (name: string): Promise<Plug> => createPlug({ link: join(root, name), clock, log: silentLogger });
  const [modemPlug, receiverPlug, deadPlug] = [await plug('ttyMODEM'), await plug('ttyGNSS'), await plug('ttyDEAD')];
  const module = createSimModule({
    ...{ port: modemPlug, clock, log: silentLogger },
    ...{ boot: 0, cardMs: 0, searchMs: 0, bearerMs: 0, latencyScale: 0 },
  });
  const receiver = createSimReceiver(
    { port: receiverPlug, clock, log: silentLogger },
    { seed: 'doctor', keyCheck: 'tag' },
  );
  const authority = await createAuthority();
  const servers: Server[] = [];
  const serve = async ({ cert, key }: Issued): Promise<{ port: number }> => {
    const server = createServer({ cert, key }, (_request, response) => {
      response.writeHead(404);
      response.end();
    });
    servers.push(server);
    return { port: await listen(server) };
  };
  const { port } = await serve(await authority.issue({ name: 'localhost', hosts: ['localhost'] }));
  let count = 0;
  return {
    ...{ module, authority, serve },
    modemPort: modemPlug.address,
    receiverPort: receiverPlug.address,
    deadPort: deadPlug.address,
    service: { host: 'localhost', port },
    lay: () => lay(join(root, String(count++)), { modemPort: modemPlug.address, port, authority, clock }),
    async [Symbol.asyncDispose]() {
      receiver[Symbol.dispose]();
      await module[Symbol.asyncDispose]();
      for (const each of [modemPlug, receiverPlug, deadPlug]) await each[Symbol.asyncDispose]();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}

const ROUTE = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wwan0\t00000000\t0100000A\t0003\t0\t0\t700\t00000000\t0\t0\t0
`;

function lay(dir: string, made: { modemPort: string; port: number; authority: Authority; clock: Clock }): Laid {
  const { authority, clock, port } = made;
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  for (const folder of ['state', 'secrets']) mkdirSync(join(dir, folder), { recursive: true, mode: 0o700 });
  for (const folder of ['sys/class/rtc/rtc0', 'dev', 'proc']) mkdirSync(join(dir, folder), { recursive: true });
  write('proc/net/route', ROUTE);
  write('proc/meminfo', 'MemTotal:        1900000 kB\nMemAvailable:    1500000 kB\n');
  write('proc/mounts', '/dev/root / ext4 rw,noatime 0 0\n');
  write('sys/class/thermal/thermal_zone0/temp', '48312\n');
  write('sys/devices/platform/soc/soc:firmware/get_throttled', '0\n');
  write('etc/group', 'root:x:0:\ndialout:x:20:\n');
  write('secrets/ztp-token', `${TOKEN}\n`);
  chmodSync(join(dir, 'secrets/ztp-token'), 0o600);
  write('ca.pem', authority.ca);
  const resolve = async (host: string) => {
    if (host !== 'localhost') throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return [{ address: '127.0.0.1', family: 4 }];
  };
  const machine: DoctorMachine = {
    clock,
    roots: { sys: join(dir, 'sys'), dev: join(dir, 'dev'), proc: join(dir, 'proc') },
    prefix: dir,
    env: {},
    user: { name: 'waymark', uid: process.geteuid?.() ?? 0, groups: [process.getegid?.() ?? 0] },
    nodeVersion: '20.19.2',
    loadSerial: async () => undefined,
    open: createLinkOpener({ clock, log: silentLogger }),
    dial: createHostDialer({ clock }, { resolve }),
    resolve,
    free: async () => ({ bytes: 8e9, inodes: 1e6 }),
    ask: async () => undefined,
  };
  return {
    dir,
    machine,
    write,
    config: {
      version: 1,
      stateDir: 'state',
      runtimeDir: 'run',
      modem: { port: made.modemPort, commandGapMs: 0 },
      ztp: { token: 'file:secrets/ztp-token', url: `https://localhost:${port}/ztp`, caFile: 'ca.pem' },
    },
    showProcess: (pid) => symlinkSync(`/proc/${pid}`, join(dir, 'proc', String(pid))),
  };
}

export async function visit(laid: Laid, onResult?: (result: CheckResult) => void): Promise<DoctorReport> {
  const configFile = join(laid.dir, 'gateway.yaml');
  // JSON is YAML.
  writeFileSync(configFile, JSON.stringify(laid.config, undefined, 2));
  return runDoctor({
    ...{ machine: laid.machine, configFile, isDefaultFile: false, runtimeDir: undefined, isOffline: false },
    signal: new AbortController().signal,
    onResult,
  });
}

/** Waits a part as long for devices and peers that say nothing. */
export const impatient = (clock: Clock, part: number): Clock => ({
  ...clock,
  deadline: (ms, fn) => clock.deadline(ms / part, fn),
});
