// The last thing to be done for a module: cutting its power. Three ways: the operator's own program (a relay, never a
// shell line), switching its USB device off and on in sysfs, and the power switch of its hub port.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Clock,
  type ErrorDetails,
  escapeControls,
  onAbort,
  scrubber,
  sleep,
  WaymarkError,
  withDeadline,
} from '../core/index.js';

const DEADLINE_MS = 60_000;
const OFF_MS = 2000;
const KILL_AFTER_MS = 2000;
const LAST_WORDS_MS = 500;
const HUB_OFF_SECONDS = 5;
const MAX_OUTPUT = 400;
/** sbin is where uhubctl lives, and seldom on a service's path. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';

export type PowerCycle = (signal: AbortSignal) => Promise<void>;

export interface PowerSettings {
  power: 'off' | 'command' | 'sysfs' | 'uhubctl';
  /** Absolute program and its arguments; for `command`. */
  powerHook?: readonly string[] | undefined;
}

export interface PowerDeps {
  clock: Clock;
  /** Where sysfs is mounted (`/sys`). */
  sys: string;
  /** The module's place on the USB, `1-1.3`: where it is, or where it was last seen. */
  busPath: () => string | undefined;
  /** What programs are run with (default: this process's environment). */
  env?: NodeJS.ProcessEnv;
  /** Writes to a file that is there; the seam for tests. */
  write?: (file: string, value: string) => Promise<void>;
}

const overwrite = (file: string, value: string): Promise<void> => writeFile(file, value, { flag: 'r+' });

/** The way the configuration names; undefined when none. It rejects with what stood in the way. */
export function createPowerCycle(settings: PowerSettings, deps: PowerDeps): PowerCycle | undefined {
  switch (settings.power) {
    case 'off':
      return undefined;
    case 'command':
      return settings.powerHook && createPowerHook(settings.powerHook, deps.clock, deps.env);
    case 'sysfs':
      return async (signal) => switchInSysfs(deps, placeOf(deps), signal);
    case 'uhubctl':
      return async (signal) => cutHubPort(deps, placeOf(deps), signal);
  }
}

/** The operator's program. Errors: `modem.unsupported` (cannot be run), `modem.error` (ended badly), `core.timeout`. */
export function createPowerHook(
  argv: readonly string[],
  clock: Clock,
  env: NodeJS.ProcessEnv = process.env,
): PowerCycle {
  return (signal) => run(argv, { clock, env, signal, hint: 'Correct recovery.powerHook in the configuration.' });
}

/** Keeps the last place told: when power has to be cut, the device is often gone from its port. */
export function lastKnownPlace(read: () => string | undefined): {
  note: () => void;
  busPath: () => string | undefined;
} {
  let last: string | undefined;
  const note = (): void => {
    last = read() ?? last;
  };
  return {
    note,
    busPath() {
      note();
      return last;
    },
  };
}

/** `1-1.3` → hub `1-1`, port 3; a device on a root hub, `1-2` → hub `1`, port 2. Undefined for anything else. */
export function hubOf(busPath: string): { hub: string; port: string } | undefined {
  const match = /^(\d{1,3}(?:-\d{1,3}(?:\.\d{1,3})*)?)[-.](\d{1,3})$/.exec(busPath);
  const [, hub, port] = match ?? [];
  if (hub === undefined || port === undefined) return undefined;
  // The first separator is the hyphen behind the bus number, all others are dots.
  return busPath[hub.length] === (hub.includes('-') ? '.' : '-') ? { hub, port } : undefined;
}

function placeOf({ busPath }: PowerDeps): string {
  const place = busPath();
  if (place === undefined || !hubOf(place))
    throw new WaymarkError('link.absent', 'the module’s place on the USB is not known, so its power cannot be cut', {
      hint: 'recovery.power sysfs and uhubctl need a module on USB that was seen at least once: for others use power: command with a powerHook.',
    });
  return place;
}

/**
 * Takes the device away from the kernel and gives it back, which makes it enumerate anew. The supply itself stays on:
 * this mends a stuck USB side, not every stuck module. Errors: `link.absent`, `link.permission`, `core.timeout`.
 */
async function switchInSysfs(deps: PowerDeps, place: string, signal: AbortSignal): Promise<void> {
  const { clock, sys, write = overwrite } = deps;
  const file = join(sys, 'bus/usb/devices', place, 'authorized');
  const set = (value: '0' | '1'): Promise<void> => write(file, value).catch(refused(file));
  await withDeadline({ clock, ms: DEADLINE_MS, signal, what: `switching ${place} off and on` }, async (abort) => {
    await set('0');
    try {
      await sleep({ ...clock, after: clock.deadline }, OFF_MS, abort);
    } finally {
      // Whatever happens meanwhile, it must not stay off.
      await set('1');
    }
  });
}

const refused =
  (file: string) =>
  (cause: unknown): never => {
    const code = (cause as NodeJS.ErrnoException).code ?? 'error';
    if (code === 'ENOENT') throw new WaymarkError('link.absent', `${file}: no device there`, { cause });
    const details: ErrorDetails = { cause };
    if (code === 'EACCES' || code === 'EPERM')
      details.hint =
        'Writing there needs root, or a udev rule: ACTION=="add", SUBSYSTEM=="usb", TEST=="authorized", RUN+="/bin/sh -c \'chgrp waymark /sys$devpath/authorized; chmod g+w /sys$devpath/authorized\'" with the group of the service.';
    if (code === 'EROFS')
      details.hint =
        'sysfs is read-only here: in the service unit set ProtectKernelTunables=no; a container needs /sys writable.';
    throw new WaymarkError('link.permission', `${file}: cannot be written: ${code}`, details);
  };

function cutHubPort({ clock, env = process.env }: PowerDeps, place: string, signal: AbortSignal): Promise<void> {
  const { hub, port } = hubOf(place) ?? { hub: '', port: '' };
  const path = env['PATH'] === undefined ? SYSTEM_PATH : `${env['PATH']}:${SYSTEM_PATH}`;
  return run(['uhubctl', '-l', hub, '-p', port, '-a', 'cycle', '-d', String(HUB_OFF_SECONDS)], {
    clock,
    env: { ...env, PATH: path },
    signal,
    hint: `Install uhubctl (apt install uhubctl), and check with "uhubctl -l ${hub}" that hub and user can switch port ${port}: few hubs can, and access needs root or the udev rule it comes with.`,
  });
}

/** Runs a program to its end; on time-out or abort it is ended, gently first. Its last words go into the error. */
function run(
  argv: readonly string[],
  { clock, env, signal, hint }: { clock: Clock; env: NodeJS.ProcessEnv; signal: AbortSignal; hint: string },
): Promise<void> {
  const [program = '', ...args] = argv;
  return withDeadline({ clock, ms: DEADLINE_MS, signal, what: `power: ${program}` }, async (abort) => {
    const { spawn } = await import('node:child_process');
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    let output = '';
    const listen = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    let killer: { cancel(): void } | undefined;
    const off = onAbort(abort, () => {
      child.kill('SIGTERM');
      killer = clock.deadline(KILL_AFTER_MS, () => void child.kill('SIGKILL'));
    });
    try {
      await new Promise<void>((resolve, reject) => {
        child.on('error', (cause) =>
          reject(new WaymarkError('modem.unsupported', `${program} cannot be run: ${cause.message}`, { cause, hint })),
        );
        child.on('exit', (code, killedBy) => {
          killer?.cancel();
          if (code === 0) {
            resolve();
            return;
          }
          const fail = (): void => {
            last.cancel();
            const said = escapeControls(scrubber.scrub(output.trim()));
            const end = `${program} ended with ${code ?? killedBy ?? 'a signal'}`;
            reject(new WaymarkError('modem.error', said === '' ? end : `${end}: ${said}`, { hint }));
          };
          // Its last words may come after its end; a child of its own may keep the pipe open for ever.
          const last = clock.deadline(LAST_WORDS_MS, fail);
          child.on('close', fail);
        });
      });
    } finally {
      off();
    }
  });
}
