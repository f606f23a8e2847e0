// Debian's ModemManager on a bus of its own (no udev, no system bus), led to a module over a socket by its test interface.
//
//   simulated module ── PTY ── socat ── UNIX socket ── ModemManager ── private D-Bus ── mmcli
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClock, deferred, sleep } from '../../src/core/index.js';
import { judge } from './sim-modem.js';

const BUS_NAME = 'org.freedesktop.ModemManager1';
/** Where no version has an option of the same name, the machine has nothing that it would switch off. */
const WANTED_FLAGS = ['--test-no-udev', '--test-no-qrtr', '--test-no-suspend-resume'];

export interface DaemonOptions {
  /** The module's port. */
  device: string;
  /** For the socket and the log; somebody else's to remove. */
  dir: string;
}

/** What `mmcli -m any -J` says; `--` where there is nothing. */
export interface MmcliModem {
  generic: {
    state: string;
    'equipment-identifier': string;
    manufacturer: string;
    model: string;
    revision: string;
    'access-technologies': string[];
    'signal-quality': { value: string };
  };
  '3gpp': { imei: string; 'operator-code': string; 'operator-name': string; 'registration-state': string };
}

export interface Daemon extends AsyncDisposable {
  /** The modem as mmcli prints it, once `isAsWanted` says so. Errors: the last view and the end of the log. */
  modemWhen(isAsWanted: (modem: MmcliModem) => boolean, limitMs?: number): Promise<MmcliModem>;
  mmcli(...args: string[]): Promise<{ rc: number; output: string }>;
}

/** Returns once the daemon has been told of its modem. */
export async function modemManager({ device, dir }: DaemonOptions): Promise<Daemon> {
  const clock = createClock();
  const socket = join(dir, 'modem');
  const log = join(dir, 'modem-manager.log');
  const help = await judge('ModemManager', ['--help']);
  const flags = WANTED_FLAGS.filter((flag) => help.output.includes(flag));
  // Everything ends when our side of its input does, however that comes about.
  const script = `
    export DBUS_SYSTEM_BUS_ADDRESS="$DBUS_SESSION_BUS_ADDRESS"
    socat -t0 "UNIX-LISTEN:$SOCKET,fork" "$DEVICE,raw,echo=0" & BRIDGE=$!
    ModemManager --test-session --test-enable --no-auto-scan --debug ${flags.join(' ')} >"$LOG" 2>&1 & DAEMON=$!
    echo "$DBUS_SESSION_BUS_ADDRESS"
    cat >/dev/null
    kill -KILL $DAEMON $BRIDGE
    wait`;
  const child = spawn('dbus-run-session', ['--', 'sh', '-c', script], {
    env: {
      ...process.env,
      PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
      LC_ALL: 'C',
      SOCKET: socket,
      DEVICE: device,
      LOG: log,
    },
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const closed = once(child, 'close');
  const address = deferred<string>();
  child.on('error', address.reject);
  child.stdout.on('data', (bytes: Buffer) => address.resolve(bytes.toString().trim()));
  child.on('exit', () => address.reject(new Error('dbus-run-session ended before it began')));

  const stop = async (): Promise<void> => {
    child.stdin.end();
    const limit = clock.after(3000, () => {
      // Its process group, that is: the bus, the bridge and the daemon.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    });
    await closed;
    limit.cancel();
  };
  const logEnd = (): string => readFileSync(log, 'utf8').slice(-4000);
  try {
    const bus = await address.promise;
    const env = { DBUS_SESSION_BUS_ADDRESS: bus, DBUS_SYSTEM_BUS_ADDRESS: bus };
    const mmcli: Daemon['mmcli'] = (...args) => judge('mmcli', args, { env });
    const until = async <T>(
      what: string,
      limitMs: number,
      look: () => Promise<{ found?: T; seen: string }>,
    ): Promise<T> => {
      const end = clock.mono() + limitMs;
      for (;;) {
        const { found, seen } = await look();
        if (found !== undefined) return found;
        if (clock.mono() > end) throw new Error(`${what} not within ${limitMs} ms; last: ${seen}\n${logEnd()}`);
        await sleep(clock, 50);
      }
    };
    const call = [`${BUS_NAME}.Test.SetProfile`, 'string:sim', 'string:generic', `array:string:${socket}`];
    const where = ['--session', '--print-reply', `--dest=${BUS_NAME}`, `/${BUS_NAME.replaceAll('.', '/')}`];
    await until('ModemManager on its bus', 10_000, async () => {
      const { rc, output } = await judge('dbus-send', [...where, ...call], { env });
      return { ...(rc === 0 ? { found: true } : {}), seen: output };
    });
    return {
      mmcli,
      modemWhen: (isAsWanted, limitMs = 20_000) =>
        until('the modem as wanted', limitMs, async () => {
          const { rc, output } = await mmcli('-m', 'any', '-J');
          const modem = rc === 0 ? (JSON.parse(output) as { modem: MmcliModem }).modem : undefined;
          return { ...(modem && isAsWanted(modem) ? { found: modem } : {}), seen: output };
        }),
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
