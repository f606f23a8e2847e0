// The programs the tests need as judges. On a Debian machine as root they are installed; elsewhere the exact command
// is named. A missing one is a failure, never a skip.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** program -> Debian package */
export const TEST_TOOLS = {
  socat: 'socat',
  mosquitto: 'mosquitto',
  mosquitto_sub: 'mosquitto-clients',
  gammu: 'gammu',
  comgt: 'comgt',
  chat: 'ppp',
  ModemManager: 'modemmanager',
  mmcli: 'modemmanager',
  'dbus-run-session': 'dbus-daemon',
  'dbus-send': 'dbus-bin',
  curl: 'curl',
  str2str: 'rtklib',
  convbin: 'rtklib',
  openssl: 'openssl',
  gpsd: 'gpsd',
  gpspipe: 'gpsd-clients',
  chromium: 'chromium',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  man: 'man-db',
  'systemd-analyze': 'systemd',
  debootstrap: 'debootstrap',
  buildah: 'buildah',
};

const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

export const has = (program) => PATH.split(':').some((folder) => folder !== '' && existsSync(`${folder}/${program}`));

/** Installs what is missing, or ends the process with the command that would. */
export function ensureTools(tools = TEST_TOOLS) {
  const missing = Object.entries(tools).filter(([program]) => !has(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map(([, name]) => name))];
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const canInstall = process.getuid?.() === 0 && has('apt-get');
  if (canInstall) {
    process.stderr.write(`installing ${packages.join(', ')} for the tests …\n`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'], env });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env,
    });
  }
  const still = Object.keys(tools).filter((program) => !has(program));
  if (still.length > 0) {
    process.stderr.write(`The tests need ${still.join(', ')}. Install with:\n  sudo ${command}\n`);
    process.exit(1);
  }
}
