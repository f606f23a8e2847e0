// Faults as they happen at a gateway, each staged from outside: the doctor names that one, with its cure, and blames
// nothing else.
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorReport } from '../../src/agent/index.js';
import { createClock } from '../../src/core/index.js';
import { until } from '../cli/in-process.js';
import { createRig, impatient, type Laid, type Rig, TOKEN, visit } from './rig.js';

const clock = createClock();
let rig: Rig;
const children: ChildProcess[] = [];

beforeAll(async () => {
  rig = await createRig();
  await until('the module is registered', () => rig.module.state.registration === 1);
});
afterAll(() => rig[Symbol.asyncDispose]());
afterEach(() => {
  for (const child of children.splice(0)) child.kill();
});

const DAY_MS = 86_400_000;
const without = (laid: Laid, ...sections: string[]): void => {
  for (const section of sections) Reflect.deleteProperty(laid.config, section);
};
const change = (laid: Laid, section: string, values: Record<string, unknown>): void => {
  laid.config[section] = { ...(laid.config[section] as object | undefined), ...values };
};
const wallClock = (aheadMs: number) => ({ ...clock, wall: () => clock.wall() + aheadMs });

/** A process as this machine's /proc shows it. */
function pretend(laid: Laid, pid: number, name: string, open: string[]): void {
  laid.write(`proc/${pid}/comm`, `${name}\n`);
  laid.write(`proc/${pid}/stat`, `${pid} (${name}) S 1 ${'0 '.repeat(17)}1 0\n`);
  mkdirSync(join(laid.dir, `proc/${pid}/fd`));
  for (const [fd, path] of open.entries()) symlinkSync(path, join(laid.dir, `proc/${pid}/fd`, String(fd + 3)));
}

async function card(state: 'absent' | 'puk' | 'pin' | 'ready', details = {}): Promise<void> {
  rig.module.setSim(state, details);
}
const coverage = async (state: 'home' | 'denied' | 'none' | 'roaming', registration: number): Promise<void> => {
  rig.module.setRegistration({ state, ...(state === 'denied' ? { rejectCause: 11 } : {}) });
  await until(state, () => rig.module.state.registration === registration);
};

interface Staged {
  check: string;
  state?: 'warn' | 'fail';
  cure: RegExp;
  sentence?: RegExp;
  code?: string;
  /** Puts the world back. */
  after?: () => Promise<void>;
}

const FAULTS: Record<string, (laid: Laid) => Promise<Staged> | Staged> = {
  'a serial addon for another processor': (laid) => {
    laid.machine.loadSerial = async () => {
      throw new Error('wrong ELF class');
    };
    without(laid, 'modem');
    return { check: 'node', cure: /dpkg --print-architecture/ };
  },
  'Node of Debian 12': (laid) => {
    laid.machine.nodeVersion = '18.20.4';
    without(laid, 'modem');
    return { check: 'node', cure: /container image/, sentence: /18\.20\.4 is too old/ };
  },
  'a typing mistake in the configuration': (laid) => {
    laid.config['modme'] = {};
    return { check: 'configuration', cure: /Correct line \d+, then: waymark config check/, code: 'config.invalid' };
  },
  'a state directory that everybody may write to': (laid) => {
    chmodSync(join(laid.dir, 'state'), 0o777);
    without(laid, 'modem');
    return { check: 'state-directory', cure: /^chmod 700 .*state$/, code: 'vault.permission' };
  },
  'a state directory of another user': (laid) => {
    laid.machine.user = { ...laid.machine.user, uid: 4242 };
    without(laid, 'modem');
    return { check: 'state-directory', cure: /^chown -R waymark .*state && chmod 700/ };
  },
  'a full disk': (laid) => {
    laid.machine.free = async () => ({ bytes: 300_000, inodes: 1e6 });
    without(laid, 'modem');
    return { check: 'state-directory', cure: /du -xh/, code: 'vault.write' };
  },
  'a card that the kernel has made read-only': (laid) => {
    laid.write('proc/mounts', '/dev/root / ext4 ro,noatime 0 0\n');
    without(laid, 'modem');
    return { check: 'state-directory', cure: /mount -o remount,rw/, sentence: /read-only/ };
  },
  'a state directory on the boot partition': (laid) => {
    laid.write('proc/mounts', `/dev/root / ext4 rw 0 0\n/dev/mmcblk0p1 ${laid.dir} vfat rw 0 0\n`);
    without(laid, 'modem');
    return { check: 'state-directory', state: 'warn', cure: /ext4/ };
  },
  'a secret that others may read': (laid) => {
    chmodSync(join(laid.dir, 'secrets/ztp-token'), 0o644);
    without(laid, 'modem');
    return { check: 'secret-files', cure: /^chmod 600 \S*ztp-token'?$/, code: 'secret.permission' };
  },
  'a port that is not plugged in': (laid) => {
    change(laid, 'modem', { port: '/dev/serial/by-id/usb-Telit_Wireless_Solutions_LE910C1-EUX-if02-port0' });
    return { check: 'port', cure: /lsusb/, code: 'link.absent' };
  },
  'a program that has the port open': (laid) => {
    const child = spawn('sh', ['-c', 'exec 3<>"$1"; exec sleep 60', 'sh', rig.modemPort], { stdio: 'ignore' });
    children.push(child);
    const pid = child.pid ?? 0;
    const isOpen = (): boolean =>
      existsSync(`/proc/${pid}/fd/3`) && readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n';
    return until('the port is held', isOpen).then(() => {
      laid.showProcess(pid);
      return { check: 'port-holder', cure: new RegExp(`kill ${pid}$`), sentence: /sleep \(pid/, code: 'link.shared' };
    });
  },
  'ModemManager on the port': (laid) => {
    pretend(laid, 612, 'ModemManager', [realOf(rig.modemPort)]);
    return {
      check: 'modem-manager',
      cure: /^echo '.*ID_MM_PORT_IGNORE.*' > \/etc\/udev\/rules\.d\/.*try-restart ModemManager$/,
    };
  },
  'a module without power': (laid) => {
    change(laid, 'modem', { port: rig.silentTcp });
    laid.machine.clock = impatient(clock, 20);
    return { check: 'module', cure: /wait a minute|modem list --probe/, code: 'modem.timeout' };
  },
  'no SIM': async () => {
    await card('absent');
    return { check: 'sim', cure: /Insert the SIM/, code: 'sim.absent', after: () => card('ready') };
  },
  'a SIM that asks for its PIN, and none is configured': async () => {
    await card('pin', { pinTries: 3 });
    return { check: 'sim', cure: /modem\.sim\.pin/, code: 'sim.pin', after: () => card('ready') };
  },
  'a SIM with two tries left': async (laid) => {
    await card('pin', { pinTries: 2 });
    writeFileSync(join(laid.dir, 'secrets/pin'), '1234\n', { mode: 0o600 });
    change(laid, 'modem', { sim: { pin: 'file:secrets/pin' } });
    const back = () => card('ready', { pinTries: 3 });
    return { check: 'sim', cure: /in a phone/, code: 'sim.pin-guarded', after: back };
  },
  'a blocked SIM': async () => {
    await card('puk', { pinTries: 0 });
    return { check: 'sim', cure: /PUK|unblock/, code: 'sim.puk', after: () => card('ready', { pinTries: 3 }) };
  },
  'a network that refuses the SIM': async () => {
    await coverage('denied', 3);
    return { check: 'registration', cure: /plan, roaming/, code: 'network.denied', after: () => coverage('home', 1) };
  },
  'no coverage': async () => {
    await coverage('none', 2);
    return { check: 'registration', cure: /antenna/, code: 'network.searching', after: () => coverage('home', 1) };
  },
  'roaming, which is refused': async (laid) => {
    await coverage('roaming', 5);
    change(laid, 'modem', { roaming: 'refused' });
    return { check: 'registration', cure: /modem\.roaming: allowed/, after: () => coverage('home', 1) };
  },
  'no default route': (laid) => {
    laid.write('proc/net/route', 'Iface\tDestination\tGateway\n');
    return { check: 'data-path', cure: /ip route/, code: 'network.no-road' };
  },
  'a dead resolver': (laid) => {
    laid.machine.resolve = () => new Promise(() => undefined);
    laid.machine.clock = impatient(clock, 40);
    without(laid, 'modem');
    return { check: 'dns', cure: /getent hosts localhost/, code: 'net.dns' };
  },
  'a certificate that has ended': async (laid) => {
    const past = { notBeforeUtcMs: clock.wall() - 90 * DAY_MS, notAfterUtcMs: clock.wall() - DAY_MS };
    const { port } = await rig.serve(await rig.authority.issue({ name: 'localhost', hosts: ['localhost'], ...past }));
    change(laid, 'ztp', { url: `https://localhost:${port}/ztp` });
    without(laid, 'modem');
    return { check: 'services', cure: /renew its certificate/, code: 'tls.expired' };
  },
  'a certificate for another name': async (laid) => {
    const { port } = await rig.serve(await rig.authority.issue({ name: 'other', hosts: ['other.example'] }));
    change(laid, 'ztp', { url: `https://localhost:${port}/ztp` });
    without(laid, 'modem');
    return { check: 'services', cure: /Correct ztp\.url/, code: 'tls.name' };
  },
  'somebody in between, with an authority of their own': (laid) => {
    change(laid, 'ztp', { caFile: undefined });
    without(laid, 'modem');
    return { check: 'services', cure: /caFile beside ztp\.url/, code: 'tls.untrusted' };
  },
  'a service that is not there': (laid) => {
    change(laid, 'ztp', { url: 'https://localhost:1/ztp' });
    without(laid, 'modem');
    return { check: 'services', cure: /Correct host and port in ztp\.url/, code: 'net.refused' };
  },
  'a firewall before all services': (laid) => {
    change(laid, 'ztp', { url: 'https://localhost:1/ztp' });
    change(laid, 'fleet', { broker: 'localhost:2' });
    without(laid, 'modem');
    return { check: 'services', cure: /A firewall/, sentence: /^none of 2 services is reached; provisioning/ };
  },
  'a module that is gone, and with it every way out': (laid) => {
    change(laid, 'modem', { port: '/dev/serial/by-id/usb-Telit_Wireless_Solutions_LE910C1-EUX-if02-port0' });
    change(laid, 'ztp', { url: 'https://localhost:1/ztp' });
    return { check: 'port', cure: /lsusb/, code: 'link.absent' };
  },
  'a clock without battery, in 1970': (laid) => {
    laid.machine.clock = wallClock(-clock.wall());
    without(laid, 'modem');
    return { check: 'clock', cure: /timedatectl set-ntp true/, sentence: /1970/, code: 'clock.untrusted' };
  },
  'a clock that is years ahead': (laid) => {
    laid.machine.clock = wallClock(900 * DAY_MS);
    without(laid, 'modem');
    return { check: 'clock', cure: /timedatectl/, sentence: /900 days ahead of the time of localhost/ };
  },
  'a clock some minutes late': (laid) => {
    laid.machine.clock = wallClock(-600_000);
    without(laid, 'modem');
    return { check: 'clock', state: 'warn', cure: /timedatectl/, sentence: /10 min behind/ };
  },
  'a token that was never put in its file': (laid) => {
    rmSync(join(laid.dir, 'secrets/ztp-token'));
    without(laid, 'modem');
    return {
      check: 'tokens',
      cure: /^install -m 600 \/dev\/null \S+ztp-token and put the value into it/,
      code: 'secret.absent',
    };
  },
  'a token pasted with a word before it': (laid) => {
    writeFileSync(join(laid.dir, 'secrets/ztp-token'), `token = ${TOKEN}\n`);
    without(laid, 'modem');
    return { check: 'tokens', cure: /./, code: 'secret.malformed' };
  },
  'a weak power supply': (laid) => {
    laid.write('sys/devices/platform/soc/soc:firmware/get_throttled', '50005\n');
    without(laid, 'modem');
    return { check: 'power', cure: /5\.1 V/ };
  },
  'a cabinet in the sun': (laid) => {
    laid.write('sys/class/thermal/thermal_zone0/temp', '84200\n');
    without(laid, 'modem');
    return { check: 'temperature', state: 'warn', cure: /shade/ };
  },
  'no memory left': (laid) => {
    laid.write('proc/meminfo', 'MemTotal:        430000 kB\nMemAvailable:    20000 kB\n');
    without(laid, 'modem');
    return { check: 'memory', cure: /ps -eo rss/ };
  },
  'a receiver without power': (laid) => {
    laid.config['gnss'] = { port: rig.silentTcp };
    laid.machine.clock = impatient(clock, 20);
    without(laid, 'modem');
    return { check: 'receiver', cure: /TX and RX/, code: 'gnss.silent' };
  },
  'the module’s port named for the receiver': (laid) => {
    laid.config['gnss'] = { port: rig.modemPort };
    laid.machine.clock = impatient(clock, 5);
    without(laid, 'modem');
    return { check: 'receiver', cure: /Exchange gnss\.port/, code: 'gnss.wrong-device' };
  },
  'an agent that hangs': (laid) => {
    laid.showProcess(process.pid);
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    writeFileSync(join(laid.dir, 'state/holder'), `${process.pid} ${start}\n`);
    without(laid, 'modem');
    return { check: 'status-door', cure: /systemctl restart waymark/, code: 'status.unavailable' };
  },
};

// Only root can give a directory to somebody else.
if (process.geteuid?.() === 0)
  FAULTS['a user who is not in the group of the port'] = (laid) => {
    const node = realOf(rig.deadPort);
    chownSync(node, 0, 20);
    chmodSync(node, 0o660);
    chownSync(join(laid.dir, 'state'), 4242, 4242);
    laid.machine.user = { name: 'pi', uid: 4242, groups: [4242] };
    laid.config['modem'] = { port: rig.deadPort };
    // Nobody answers there; whoever may not open it has not found that out.
    laid.machine.open = async () => {
      const { WaymarkError } = await import('../../src/core/index.js');
      throw new WaymarkError('link.permission', `${rig.deadPort}: permission denied`);
    };
    return {
      check: 'serial-permission',
      cure: /^usermod -aG dialout pi && systemctl restart waymark$/,
      code: 'link.permission',
    };
  };

function realOf(path: string): string {
  return realpathSync(path);
}

const troubled = ({ checks }: DoctorReport): string[] =>
  checks.filter(({ state }) => state === 'fail' || state === 'warn').map(({ id }) => id);

test('a healthy gateway: nothing is found, and every device has been asked', async () => {
  const laid = rig.lay();
  laid.config['gnss'] = { port: rig.receiverPort };
  const report = await visit(laid);
  expect(report.checks.filter(({ state }) => state === 'fail' || state === 'warn')).toEqual([]);
  expect(report).toMatchObject({ schemaVersion: 1, source: 'machine', verdict: 'ok' });
  const ok = report.checks.filter(({ state }) => state === 'ok').map(({ id }) => id);
  for (const id of ['module', 'sim', 'registration', 'data-path', 'dns', 'services', 'clock', 'tokens', 'receiver'])
    expect(ok).toContain(id);
});

describe('each fault is named with its cure, and nothing else is blamed', () => {
  for (const [name, stage] of Object.entries(FAULTS))
    test(name, async () => {
      const laid = rig.lay();
      const { check, state = 'fail', cure, sentence, code, after } = await stage(laid);
      try {
        const report = await visit(laid);
        expect(troubled(report), JSON.stringify(report.checks, undefined, 1)).toEqual([check]);
        const found = report.checks.find(({ id }) => id === check)!;
        expect(found.state).toBe(state);
        expect(found.cure).toMatch(cure);
        expect(found.cure).not.toContain('\n');
        if (sentence) expect(found.sentence).toMatch(sentence);
        if (code !== undefined) expect(found.code).toBe(code);
        expect(report.verdict).toBe(state === 'fail' ? 'failures' : 'warnings');
        expect(JSON.stringify(report)).not.toContain(TOKEN);
      } finally {
        await after?.();
      }
    });
});

test('no PIN is sent, whatever is looked at', () => {
  const sent = rig.module.transcriptLines.filter(({ direction }) => direction === '>').map(({ text }) => text);
  expect(sent.length).toBeGreaterThan(50);
  expect(sent.filter((text) => /CPIN=|CSIM|DWCFG|CFUN=/.test(text))).toEqual([]);
});
