// Proves the package in a clean Debian 13: installed by apt with what it needs, runs the demo as its own user, its unit
// and udev rules are valid there, and a purge leaves nothing. Prints sizes. Needs root; the clean root is kept outside
// the repository (scripts/debian-root.mjs). `--twice` also packs again and compares the bytes.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buildAll, isFresh } from './build.mjs';
import { aptInstall, inRoot, needTools, runDemo, unpackRoot } from './debian-root.mjs';
import { makePackage } from './package.mjs';

const arch = 'amd64';
needTools(arch);
const started = Date.now();
const say = (what) =>
  process.stdout.write(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${what}\n`);
const expect = (isSo, what) => {
  if (!isSo) throw new Error(`not so: ${what}`);
};
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

if (!isFresh()) await buildAll({ warm: false });
const deb = makePackage(arch);
say(`${basename(deb)}: ${megabytes(statSync(deb).size)}`);
if (process.argv.includes('--twice')) {
  const other = mkdtempSync(join(tmpdir(), 'waymark-again-'));
  const digest = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
  expect(digest(makePackage(arch, other)) === digest(deb), 'packed twice, the bytes are the same');
  rmSync(other, { recursive: true });
  say('packed twice: the same bytes');
}

const root = unpackRoot(arch);
try {
  say('a clean Debian 13 root');
  copyFileSync(deb, join(root, 'waymark.deb'));
  const installed = aptInstall(root, arch, './waymark.deb && rm waymark.deb');
  say('installed by apt with what it depends on');
  expect(/waymark: to see it work/.test(installed.stdout), 'a fresh install says what to do next');
  const told = `dpkg-query -W -f '\${Installed-Size}' waymark`;
  const size = inRoot(root, `du -sb /usr/lib/waymark | cut -f1; node --version; ${told}`);
  const [bytes, node, installedKilobytes] = size.stdout.trim().split('\n');
  say(
    `/usr/lib/waymark with code cache: ${megabytes(Number(bytes))}; installed size told: ${installedKilobytes} kB; Node ${node}`,
  );

  const version = JSON.parse(inRoot(root, 'waymark version --json', { user: 'waymark' }).stdout);
  const bill = JSON.parse(readFileSync(join(root, version.sbom), 'utf8'));
  expect(bill.components.length > 10, 'the bill of materials is where the program says');
  inRoot(
    root,
    'ls /usr/lib/waymark/lib/*.cache; test "$(stat -c %U:%a /var/lib/waymark)" = waymark:700; test "$(stat -c %U:%G:%a /etc/waymark)" = root:waymark:750; id -nG waymark | grep -qw dialout',
  );
  inRoot(
    root,
    'bash -c ". /usr/share/bash-completion/completions/waymark; complete -p waymark" && dpkg --verify waymark',
  );

  const verified = inRoot(
    root,
    'systemd-analyze verify --man=no waymark.service waymark-clock.service waymark-clock.timer',
  );
  expect(verified.stderr.trim() === '', `the units are valid: ${verified.stderr}`);
  const exposure = inRoot(
    root,
    'systemd-analyze security --offline=true --threshold=20 waymark.service | tail -1',
  ).stdout.trim();
  say(
    `units valid; ${exposure
      .replace(/^\W+/, '')
      .replace(/[^\x20-\x7e]+/g, '')
      .trim()}`,
  );
  const enabled = inRoot(
    root,
    'for unit in waymark.service waymark-clock.timer; do systemctl is-enabled $unit || true; done',
  ).stdout.trim();
  expect(enabled === 'enabled\ndisabled', `the agent is enabled, the clock helper is not: ${enabled}`);

  const { done: demo, seconds } = runDemo((limit) =>
    inRoot(root, `cd / && exec waymark demo --for ${limit}s --json`, { user: 'waymark', allowFailure: true }),
  );
  expect(
    demo.status === 0,
    `waymark demo as its own user: exit ${demo.status}\n${demo.stdout.slice(0, 3000)}\n${demo.stderr.slice(-2000)}`,
  );
  say(`waymark demo --for ${seconds}s as user waymark: exit 0`);

  writeFileSync(join(root, 'etc/waymark/gateway.yaml'), 'version: 1\n');
  inRoot(root, 'touch /var/lib/waymark/state /etc/waymark/secrets/token');
  copyFileSync(deb, join(root, 'waymark.deb'));
  inRoot(root, 'apt-get -qy install --reinstall ./waymark.deb && rm waymark.deb && ls /usr/lib/waymark/lib/*.cache');
  inRoot(
    root,
    'apt-get -qy remove waymark; test ! -e /usr/lib/waymark; test -e /var/lib/waymark/state -a -e /etc/waymark/gateway.yaml',
  );
  say('installed again, and removed: configuration and state are kept');
  inRoot(root, 'apt-get -qy purge waymark');
  const left = inRoot(
    root,
    'find / -xdev -path /proc -prune -o -iname "*waymark*" -print | grep -v "^/var/log/" || true; getent passwd waymark || true',
  ).stdout;
  expect(left.trim() === '', `a purge leaves nothing:\n${left}`);
  say('purged: no file and no user of it is left');
} finally {
  rmSync(root, { recursive: true, force: true, maxRetries: 3 });
}
say('passed');
