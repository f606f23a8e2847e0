// Proves the container image without a container engine: the Dockerfile built by buildah on a base made of a clean
// Debian 13 root with its own Node (no registry is needed), inspected, and run as its user. Prints sizes. Needs root and
// `apt-get install buildah`. `--keep` leaves the image in the storage it prints.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must, needTools, roomyDir, rootTar, runDemo } from './debian-root.mjs';

const home = resolve(dirname(fileURLToPath(import.meta.url)), '..');
needTools('amd64', { buildah: 'buildah' });
const BASE = 'docker.io/library/node:20-trixie-slim';
const HEAP = '--max-old-space-size=96';
/** Says whether V8 takes the code cache in a Node that is started as `waymark` starts it (see the loader in build.mjs). */
const CACHE_CHECK = `
  require('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
  const { readdirSync, readFileSync } = require('node:fs');
  const folder = '/opt/waymark/dist/lib/';
  const cache = readdirSync(folder).find((name) => name.endsWith('.cache'));
  const filename = folder + 'waymark.cjs';
  const script = new (require('node:vm').Script)(readFileSync(filename, 'latin1'), { filename, cachedData: readFileSync(folder + cache) });
  console.log(script.cachedDataRejected ? 'rejected' : 'accepted');`;
const started = Date.now();
const say = (what) =>
  process.stdout.write(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${what}\n`);
const expect = (isSo, what) => {
  if (!isSo) throw new Error(`not so: ${what}`);
};

const work = mkdtempSync(join(roomyDir(), 'waymark-image-'));
const storage = ['--storage-driver', 'vfs', '--root', join(work, 'root'), '--runroot', join(work, 'run')];
const buildah = (...args) =>
  must('buildah', [...storage, ...args], { env: { ...process.env, BUILDAH_ISOLATION: 'chroot' } });

/** The base that the Dockerfile names: a clean root, Debian's Node, and npm as it is here (Debian's own is 400 packages). */
function makeBase() {
  const container = buildah('from', 'scratch').trim();
  buildah('add', container, rootTar('amd64', ['nodejs']), '/');
  const npm = dirname(dirname(must('sh', ['-c', 'readlink -f "$(command -v npm)"']).trim()));
  const tree = join(work, 'npm');
  cpSync(npm, join(tree, 'usr/local/lib/node_modules/npm'), { recursive: true });
  buildah('add', container, tree, '/');
  buildah('run', container, '--', 'ln', '-s', '/usr/local/lib/node_modules/npm/bin/npm-cli.js', '/usr/local/bin/npm');
  buildah('config', '--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', container);
  buildah('commit', '--quiet', '--rm', container, BASE);
}

/** What a build needs of this machine: the certificates it trusts, and what npm has fetched already. In no layer. */
function mounts() {
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  const settings = join(work, 'npmrc');
  writeFileSync(settings, `prefer-offline=true\ncafile=${certificates}\n`);
  const cache = must('npm', ['config', 'get', 'cache']).trim();
  return [
    ...(existsSync(certificates) ? ['--volume', `${certificates}:${certificates}:ro`] : []),
    ...['--volume', `${cache}:/root/.npm`, '--volume', `${settings}:/root/.npmrc:ro`],
  ];
}

try {
  makeBase();
  say('base image from a clean Debian 13 root');
  const epoch = must('git', ['log', '-1', '--format=%ct'], { cwd: home }).trim();
  must(
    'buildah',
    [
      ...storage,
      ...['bud', '--isolation', 'chroot', '--pull-never', '--format', 'docker', '--quiet'],
      ...mounts(),
      ...['--build-arg', `SOURCE_DATE_EPOCH=${epoch}`, '-t', 'waymark:check', home],
    ],
    { timeout: 900_000 },
  );
  say('built from the Dockerfile');

  const { Docker: image } = JSON.parse(buildah('inspect', '--type', 'image', 'waymark:check'));
  const { User, Healthcheck, Entrypoint, Cmd, Env, Labels, StopSignal } = image.config;
  expect(User === '10001:20', `the user is numeric and not root: ${User}`);
  expect(Healthcheck?.Test?.join(' ') === 'CMD waymark status --healthy', 'the health check asks the program itself');
  expect(Entrypoint.join(' ') === 'waymark' && Cmd.join(' ') === 'run', 'the entry point is the program');
  expect(StopSignal === 'SIGTERM', 'it is stopped by SIGTERM');
  expect(Labels['org.opencontainers.image.version'] !== undefined, 'the image says its version');
  expect(!Env.some((each) => /token|secret|password|key=/i.test(each)), `no secret in the environment: ${Env}`);

  const container = buildah('from', '--pull-never', 'waymark:check').trim();
  const mounted = buildah('mount', container).trim();
  const du = (path) => Number(must('du', ['-sb', join(mounted, path)]).split('\t')[0]);
  const files = readdirSync(join(mounted, 'opt/waymark')).sort();
  expect(files.join(' ') === 'LICENSE config dist', `what it holds: ${files.join(' ')}`);
  // Where the build had a file mounted an empty one is left.
  const settings = join(mounted, 'root/.npmrc');
  expect(!existsSync(settings) || statSync(settings).size === 0, 'npm’s settings are not in it');
  expect(
    !existsSync(join(mounted, 'build')) && !existsSync(join(mounted, 'root/.npm/_cacache')),
    'nothing of the build is in it',
  );
  const bill = JSON.parse(readFileSync(join(mounted, 'opt/waymark/dist/sbom.cdx.json'), 'utf8'));
  expect(bill.components.length > 10, 'the bill of materials is in it');
  say(`the program is ${(du('opt/waymark') / 1e6).toFixed(1)} MB of an image of ${(du('.') / 1e6).toFixed(0)} MB`);

  // As a run would be: the image's user, no capability more than it has, and the program found by its name.
  const run = (...args) =>
    spawnSync('buildah', [...storage, 'run', '--isolation', 'chroot', '--user', User, container, '--', ...args], {
      encoding: 'utf8',
      timeout: 240_000,
    });
  const { done: demo, seconds } = runDemo((limit) =>
    run('sh', '-c', `test "$(id -u)" = 10001 && exec waymark demo --for ${limit}s --json --state-dir /tmp/demo`),
  );
  expect(demo.status === 0, `waymark demo in the image: exit ${demo.status}\n${demo.stderr?.slice(-2000)}`);
  say(`waymark demo --for ${seconds}s as its user: exit 0`);
  const cache = run('node', HEAP, '-e', CACHE_CHECK);
  expect(cache.stdout.trim() === 'accepted', `the code cache fits how it is started: ${cache.stdout}${cache.stderr}`);
  expect(
    readFileSync(join(mounted, 'usr/local/bin/waymark'), 'utf8').includes(`exec node ${HEAP} `),
    'the program is started with the limit of its heap',
  );
  const config = 'version: 1\\nstateDir: /tmp/state\\nruntimeDir: /tmp/run\\n';
  const healthy = run(
    ...['sh', '-c'],
    `printf '${config}' > /tmp/g.yaml; waymark run -c /tmp/g.yaml >/tmp/log & agent=$!; ` +
      'i=0; until [ -S /tmp/run/status.sock ] || [ $i = 60 ]; do i=$((i + 1)); sleep 0.5; done; ' +
      'waymark status --healthy -c /tmp/g.yaml; healthy=$?; kill $agent; wait $agent; ended=$?; ' +
      '[ $healthy = 0 ] || cat /tmp/log; echo "health $healthy end $ended"',
  );
  expect(
    /health 0 end 0/.test(healthy.stdout),
    `healthy while it runs, and ends well: ${healthy.stdout} ${healthy.stderr}`,
  );
  const after = run('waymark', 'status', '--healthy', '--runtime-dir', '/tmp/nobody');
  expect(after.status !== 0, 'not healthy when nobody answers');
  say('status --healthy: 0 while it runs, else not');
  buildah('umount', container);
  if (process.argv.includes('--keep')) say(`kept: buildah ${storage.join(' ')} images`);
  say('passed');
} finally {
  if (!process.argv.includes('--keep')) {
    spawnSync('buildah', [...storage, 'umount', '--all']);
    rmSync(work, { recursive: true, force: true, maxRetries: 3 });
  }
}
