// A clean Debian 13 root to try things in: made by debootstrap once, kept as a tar outside the repository, unpacked for
// each use. Needs root. Commands run in it by chroot inside a mount and process namespace of their own, so whatever is
// mounted or left running there is gone when the command ends, and the tree can always be deleted.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { freemem, homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureTools } from './tools.mjs';

const SUITE = 'trixie';
/** The Debian mirror among what apt takes its lists from (one `ORIGIN URI` a line); before the first update no origin is known. */
export const mirrorIn = (targets) => /^(?:Debian)? ?(\S+\/debian)\/?$/m.exec(targets)?.[1];

/** Where this machine takes its own Debian packages from; WAYMARK_DEBIAN_MIRROR names another place. */
const mirror = () => {
  const asked = ['indextargets', '--format', '$(ORIGIN) $(REPO_URI)', 'Created-By: Packages'];
  const found = process.env.WAYMARK_DEBIAN_MIRROR ?? mirrorIn(must('apt-get', asked));
  if (found === undefined) throw new Error('no Debian mirror is known here: name one in WAYMARK_DEBIAN_MIRROR');
  return found;
};
const HOST = { x64: 'amd64', arm64: 'arm64', arm: 'armhf' }[process.arch];
const QEMU = { arm64: 'aarch64', armhf: 'arm' };
/** How the kernel knows a program for that machine: the first bytes of its file (with the wildcards of /proc/.../binfmt_misc). */
const MAGIC = {
  aarch64: String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`,
  arm: String.raw`\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x28\x00`,
};
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;

/** Where roots are kept between runs: `$XDG_CACHE_HOME/waymark-roots`, for root without one /var/cache. */
export const cacheDir = () => {
  const base = process.env.XDG_CACHE_HOME ?? (process.getuid() === 0 ? '/var/cache' : join(homedir(), '.cache'));
  const dir = join(base, 'waymark-roots');
  mkdirSync(dir, { recursive: true });
  return dir;
};

/** Runs a program; a failure ends the script with what it said. */
export function must(program, args, options = {}) {
  const done = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
  if (done.error || done.status !== 0) {
    const said = `${done.stdout ?? ''}${done.stderr ?? ''}`.trim().split('\n').slice(-25).join('\n');
    throw new Error(
      `${program} ${args.join(' ')}: ${done.error?.message ?? `exit ${done.status ?? done.signal}`}\n${said}`,
    );
  }
  return done.stdout ?? '';
}

/** Provides what `arch` needs here (as root on a Debian machine it is installed); ends the script, saying why, where it cannot. */
export function needTools(arch, more = {}) {
  // 69 is the exit code for "service unavailable".
  if (process.getuid() !== 0) {
    console.error('cannot run here: run as root, since a root file system needs its owner');
    process.exit(69);
  }
  const emulator = arch === HOST ? {} : { [`qemu-${QEMU[arch]}-static`]: 'qemu-user-static' };
  ensureTools({ debootstrap: 'debootstrap', unshare: 'util-linux', setpriv: 'util-linux', ...emulator, ...more });
}

/** Lets the kernel run programs of `arch`: flag F opens the interpreter now, so the root needs no copy of it. */
function registerEmulator(arch) {
  if (arch === HOST) return;
  const cpu = QEMU[arch];
  const folder = '/proc/sys/fs/binfmt_misc';
  if (!existsSync(join(folder, 'register'))) must('mount', ['-t', 'binfmt_misc', 'none', folder]);
  if (existsSync(join(folder, `qemu-${cpu}`))) return;
  writeFileSync(join(folder, 'register'), `:qemu-${cpu}:M::${MAGIC[cpu]}:${MASK}:/usr/bin/qemu-${cpu}-static:F`);
}

/** Runs `sh -ec script` in the root, alone with its own mounts and processes. */
export function inRoot(root, script, options = {}) {
  const { user, env = {}, allowFailure = false, timeoutMs = 600_000, prefix = [] } = options;
  const mounts = [
    `mount -t proc proc "$ROOT/proc"`,
    `mount --rbind /dev "$ROOT/dev"`,
    `mount -t tmpfs tmpfs "$ROOT/run"`,
    `mount -t tmpfs -o mode=1777 tmpfs "$ROOT/tmp"`,
    `exec chroot "$ROOT" "$@"`,
  ];
  const as =
    user === undefined ? [] : ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--no-new-privs'];
  const clean = ['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive'];
  const vars = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  const done = spawnSync(
    'unshare',
    [
      ...[
        '--mount',
        '--propagation',
        'private',
        '--pid',
        '--fork',
        '--kill-child',
        'sh',
        '-ec',
        mounts.join('\n'),
        'sh',
      ],
      ...[...as, ...clean, ...vars, ...prefix, 'sh', '-ec', script],
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, ROOT: root }, timeout: timeoutMs, input: '' },
  );
  if (!allowFailure && (done.error || done.status !== 0))
    throw new Error(
      `in the root: ${script}\n${done.error?.message ?? `exit ${done.status ?? done.signal}`}\n${done.stdout}\n${done.stderr}`,
    );
  return done;
}

function debootstrap(arch, root) {
  const isForeign = arch !== HOST;
  const args = [`--arch=${arch}`, '--variant=minbase', ...(isForeign ? ['--foreign'] : [])];
  must('debootstrap', [...args, SUITE, root, mirror()]);
  // A root for tries: no waiting for the disk, and no service started by a package.
  mkdirSync(join(root, 'etc/dpkg/dpkg.cfg.d'), { recursive: true });
  writeFileSync(join(root, 'etc/dpkg/dpkg.cfg.d/fast'), 'force-unsafe-io\n');
  if (isForeign)
    inRoot(root, 'DEBOOTSTRAP_DIR=/debootstrap /debootstrap/debootstrap --second-stage', { timeoutMs: 2e6 });
  writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  writeFileSync(
    join(root, 'etc/apt/apt.conf.d/90try'),
    'APT::Install-Recommends "false";\nAcquire::Languages "none";\n',
  );
  cpSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'), { dereference: true });
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY'])
    if (process.env[name])
      writeFileSync(
        join(root, `etc/apt/apt.conf.d/91${name.toLowerCase()}`),
        `Acquire::${name.replace('_PROXY', '').toLowerCase()}::Proxy "${process.env[name]}";\n`,
      );
  rmSync(join(root, 'var/cache/apt/archives'), { recursive: true, force: true });
}

/**
 * Installs in the root by apt, with fresh lists (a kept root may be older than its packages). What apt fetched before is
 * offered to it again; it checks the sums as ever. Nothing fetched stays in the root.
 */
export function aptInstall(root, arch, what, options = {}) {
  const kept = join(cacheDir(), `archives-${arch}`);
  const inside = join(root, 'var/cache/apt/archives');
  mkdirSync(kept, { recursive: true });
  mkdirSync(join(inside, 'partial'), { recursive: true });
  const packages = (folder) => readdirSync(folder).filter((name) => name.endsWith('.deb'));
  for (const name of packages(kept)) copyFileSync(join(kept, name), join(inside, name));
  const done = inRoot(root, `apt-get -q update && apt-get -qy install ${what}`, options);
  for (const name of packages(inside)) {
    if (!existsSync(join(kept, name))) copyFileSync(join(inside, name), join(kept, name));
    rmSync(join(inside, name));
  }
  return done;
}

/**
 * The tar of a clean root for `arch` with some Debian packages more, made on the first call (a minute; under emulation
 * ten). One with packages is made of the one without, so that there is one debootstrap for all.
 */
export function rootTar(arch, extra = [], note = console.error) {
  const tar = join(cacheDir(), `${[SUITE, arch, ...extra].join('-')}.tar`);
  if (existsSync(tar)) return tar;
  registerEmulator(arch);
  note(`making a Debian ${SUITE} ${arch} root with ${extra.join(', ') || 'nothing more'} (once)`);
  const root = extra.length > 0 ? unpackRoot(arch) : mkdtempSync(join(roomyDir(), 'waymark-root-'));
  try {
    if (extra.length > 0) aptInstall(root, arch, extra.join(' '), { timeoutMs: 2e6 });
    else debootstrap(arch, root);
    // Under a name of its own until it is whole: two may make it at the same time.
    const unfinished = `${tar}.${process.pid}.tmp`;
    must('tar', ['-C', root, '--numeric-owner', '--exclude=./dev/*', '-cf', unfinished, '.']);
    renameSync(unfinished, tar);
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  }
  return tar;
}

const ROOM_BYTES = 6e9;

/** Where gigabytes come and go fastest: in memory where there is plenty, else the folder for temporary files. */
export function roomyDir() {
  const memory = '/dev/shm';
  try {
    const { bavail, bsize } = statfsSync(memory);
    const line =
      readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .find((each) => each.split(' ')[1] === memory) ?? '';
    if (bavail * bsize >= ROOM_BYTES && freemem() >= ROOM_BYTES && line !== '' && !/\bno(?:exec|dev)\b/.test(line))
      return memory;
  } catch {
    // Not there.
  }
  return tmpdir();
}

/** Unpacks a root; dispose it with `rmSync`. */
export function unpackRoot(arch, extra = []) {
  const tar = rootTar(arch, extra);
  registerEmulator(arch);
  const root = mkdtempSync(join(roomyDir(), 'waymark-root-'));
  must('tar', ['-C', root, '--numeric-owner', '-xpf', tar]);
  // The mkdtemp folder is 0700; a user of the root must be able to enter it.
  must('chmod', ['0755', root]);
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  return root;
}

/**
 * Runs the demo by `run(seconds)`: with the time that a quiet machine needs, and where it does not serve by then (exit
 * 75) once more with enough for one that runs every test at the same time. Gives the last run and its seconds.
 */
export function runDemo(run) {
  const [first, last] = [30, 150];
  const done = run(first);
  return done.status === 75 ? { done: run(last), seconds: last } : { done, seconds: first };
}
