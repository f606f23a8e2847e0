// Debian packages from the built program: dist-packages/waymark_VERSION_{amd64,arm64,armhf}.deb. The bundle is the same
// on each; only the serial binding's machine code differs. Packed by dpkg-deb itself (docs/decisions/0017), so that the
// same commit gives the same bytes. `node scripts/package.mjs [amd64 …]`
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildAll, isFresh } from './build.mjs';
import { packed, writeManual } from './man.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

/** Debian's name -> which machine code of the serial binding. A Pi Zero is armv6, and runs armhf of its own system. */
const PREBUILT = {
  amd64: ['linux-x64', /\.glibc\.node$/],
  arm64: ['linux-arm64', /\.armv8\.glibc\.node$/],
  armhf: ['linux-arm', /\.armv[67]\.glibc\.node$/],
};
export const ARCHITECTURES = Object.keys(PREBUILT);

/** Whoever publishes the package puts their own name on it. */
const MAINTAINER = process.env.WAYMARK_MAINTAINER ?? 'The Waymark authors <waymark@localhost.localdomain>';
// The binding comes compiled, as its authors publish it. Whoever publishes has an address; a build for oneself needs none.
const OVERRIDES = `waymark: unstripped-binary-or-object [usr/lib/waymark/prebuilds/*]
waymark: hardening-no-fortify-functions [usr/lib/waymark/prebuilds/*]
waymark: bogus-mail-host *
waymark: bogus-mail-host-in-debian-changelog *
`;

/** The heap's limit is part of what the code cache depends on: one way to start, for the service and for a person. */
const START = `#!/bin/sh
exec /usr/bin/node --max-old-space-size=96 /usr/lib/waymark/waymark.cjs "$@"
`;

function epoch() {
  if (process.env.SOURCE_DATE_EPOCH) return Number(process.env.SOURCE_DATE_EPOCH);
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }));
}

const put = (tree, file, content, mode = 0o644) => {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), content);
  chmodSync(join(tree, file), mode);
};
const copy = (tree, from, to, mode) => put(tree, to, readFileSync(join(root, from)), mode);

function program(tree, arch) {
  const [folder, wanted] = PREBUILT[arch];
  const lib = join(tree, 'usr/lib/waymark');
  cpSync(dist, lib, {
    recursive: true,
    // A code cache fits one Node only: it is made where the package is installed.
    filter: (from) => !/\.cache$|\/\.built$|THIRD-PARTY-LICENSES|\/prebuilds\//.test(from),
  });
  for (const name of readdirSync(join(dist, 'prebuilds', folder)))
    if (wanted.test(name))
      copy(tree, `dist/prebuilds/${folder}/${name}`, `usr/lib/waymark/prebuilds/${folder}/${name}`);
  const loader = readFileSync(join(dist, 'waymark.cjs'), 'utf8').replace('#!/usr/bin/env node', '#!/usr/bin/node');
  put(tree, 'usr/lib/waymark/waymark.cjs', loader, 0o755);
  put(tree, 'usr/bin/waymark', START, 0o755);
}

function system(tree) {
  for (const name of readdirSync(join(root, 'config/systemd'))) {
    const isUnit = /\.(?:service|path|timer)$/.test(name);
    copy(
      tree,
      `config/systemd/${name}`,
      isUnit ? `usr/lib/systemd/system/${name}` : `usr/lib/waymark/${name}`,
      isUnit ? 0o644 : 0o755,
    );
  }
  copy(tree, 'config/sysusers.d/waymark.conf', 'usr/lib/sysusers.d/waymark.conf');
  copy(tree, 'config/tmpfiles.d/waymark.conf', 'usr/lib/tmpfiles.d/waymark.conf');
  copy(tree, 'config/udev/60-waymark.rules', 'usr/lib/udev/rules.d/60-waymark.rules');
}

function documents(tree, version, epochSeconds) {
  const doc = 'usr/share/doc/waymark';
  copy(tree, 'packaging/debian/copyright', `${doc}/copyright`);
  const date = new Date(epochSeconds * 1000).toUTCString().replace('GMT', '+0000');
  const entry = `waymark (${version}) unstable; urgency=medium\n\n  * Built from the sources of this version; CHANGELOG.md tells what changed.\n\n -- ${MAINTAINER}  ${date}\n`;
  put(tree, `${doc}/changelog.gz`, packed(entry));
  put(tree, `${doc}/CHANGELOG.md.gz`, packed(readFileSync(join(root, 'CHANGELOG.md'))));
  put(tree, `${doc}/THIRD-PARTY-LICENSES.txt.gz`, packed(readFileSync(join(dist, 'THIRD-PARTY-LICENSES.txt'))));
  symlinkSync('../../../lib/waymark/sbom.cdx.json', join(tree, doc, 'sbom.cdx.json'));
  for (const folder of ['start', 'operate', 'understand', 'reference'])
    if (existsSync(join(root, 'docs', folder)))
      for (const name of readdirSync(join(root, 'docs', folder)))
        if (name.endsWith('.md')) copy(tree, `docs/${folder}/${name}`, `${doc}/${folder}/${name}`);
  for (const name of ['gateway.example.yaml', 'waymark.schema.json'])
    copy(tree, `config/${name}`, `${doc}/examples/${name}`);
  writeManual(tree, dist);
  put(tree, 'usr/share/lintian/overrides/waymark', OVERRIDES);
}

const CONTROL = (version, arch, kilobytes) => `Package: waymark
Version: ${version}
Architecture: ${arch}
Maintainer: ${MAINTAINER}
Installed-Size: ${kilobytes}
Depends: nodejs (>= 20.19~), ca-certificates, libc6, libstdc++6, systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles
Suggests: socat, udev, uhubctl
Section: net
Priority: optional
Description: gateway agent for modem, identity, GNSS corrections and positions
 Brings a cellular module up over AT, provisions itself once, feeds GNSS
 corrections to a receiver, reports positions to clouds, and always says why
 not. A demo with everything simulated is included: waymark demo.
`;

/** Every path below `folder`, parents before their children, in one order everywhere. */
function walk(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return lstatSync(path).isDirectory() ? [path, ...walk(path)] : [path];
    });
}

function finish(tree, epochSeconds) {
  for (const path of walk(tree)) {
    const entry = lstatSync(path);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, entry.mode & 0o111 ? 0o755 : 0o644);
  }
  // Times last, deepest first: touching a file changes its folder's.
  for (const path of [...walk(tree).reverse(), tree]) lutimesSync(path, epochSeconds, epochSeconds);
}

/** Makes the package of one architecture from dist/ as it is; gives its path. */
export function makePackage(arch, out = join(root, 'dist-packages')) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const epochSeconds = epoch();
  const tree = mkdtempSync(join(tmpdir(), 'waymark-deb-'));
  const oldMask = process.umask(0o022);
  try {
    chmodSync(tree, 0o755);
    program(tree, arch);
    system(tree);
    documents(tree, version, epochSeconds);
    const files = walk(tree).filter((path) => !lstatSync(path).isDirectory());
    const kilobytes = files.reduce((sum, path) => sum + Math.ceil(lstatSync(path).size / 1024), 0);
    const digest = (path) => execFileSync('md5sum', [path], { encoding: 'utf8' }).slice(0, 32);
    const sums = files
      .filter((path) => lstatSync(path).isFile())
      .map((path) => `${digest(path)}  ${relative(tree, path)}\n`);
    put(tree, 'DEBIAN/control', CONTROL(version, arch, kilobytes));
    put(tree, 'DEBIAN/md5sums', sums.join(''));
    copy(tree, 'packaging/debian/triggers', 'DEBIAN/triggers');
    for (const name of ['postinst', 'prerm', 'postrm']) copy(tree, `packaging/debian/${name}`, `DEBIAN/${name}`, 0o755);
    finish(tree, epochSeconds);
    mkdirSync(out, { recursive: true });
    const file = join(out, `waymark_${version}_${arch}.deb`);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--threads-max=1', '--build', tree, file], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, SOURCE_DATE_EPOCH: String(epochSeconds) },
    });
    return file;
  } finally {
    process.umask(oldMask);
    rmSync(tree, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!isFresh()) await buildAll({ warm: false });
  const wanted = process.argv.slice(2);
  for (const arch of wanted.length > 0 ? wanted : ARCHITECTURES) {
    const file = makePackage(arch);
    process.stdout.write(`${relative(root, file)} ${Math.ceil(lstatSync(file).size / 1024)} kB\n`);
  }
}
