// The files a system reads: unit, rules, compose file, image recipe, and the helper that sets the clock.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

test('the units are valid, and the agent’s is exposed to no more than 2.0', () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-units-'));
  try {
    const names = ['waymark.service', 'waymark-clock.service', 'waymark-clock.timer'];
    for (const name of names)
      writeFileSync(
        join(dir, name),
        // The programs are looked for: there they are where a package puts them.
        read(`config/systemd/${name}`).replace(/ExecStart=\S+/, 'ExecStart=/bin/true'),
      );
    const files = names.map((name) => join(dir, name));
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });
    expect(verified.stderr).toBe('');
    const security = ['security', '--offline=true', '--threshold=20', files[0] ?? ''];
    const judged = spawnSync('systemd-analyze', security, { encoding: 'utf8' });
    expect(judged.status, judged.stdout.split('\n').slice(-3).join('\n')).toBe(0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('the udev rules are those of the families that are known, and well formed', () => {
  const fresh = spawnSync(process.execPath, ['scripts/udev.mjs', '--check'], { cwd: ROOT, encoding: 'utf8' });
  expect(fresh.stderr).toBe('');
  const lines = read('config/udev/60-waymark.rules')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const token =
    /^(?:(?:ACTION|SUBSYSTEM|SUBSYSTEMS|KERNEL|ATTRS?\{\w+\}|ENV\{[\w.]+\})(?:==|!=)"[^"]+"|(?:SYMLINK\+=|GROUP=|MODE=|ENV\{[\w.]+\}=|GOTO=|LABEL=)"[^"]+")$/;
  for (const line of lines) for (const part of line.split(', ')) expect(part, line).toMatch(token);
  const jumps = [...lines.join('\n').matchAll(/GOTO="(\w+)"/g)].map(([, to]) => to);
  for (const to of jumps) expect(lines).toContain(`LABEL="${to}"`);
  // No port has two names, and none that is flashed is touched.
  const keys = lines.filter((line) => line.includes('SYMLINK')).map((line) => line.split(', SYMLINK')[0]);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.join('\n')).not.toContain('"9010"');
});

test('compose: both ways of handing over ports are as closed as the unit', () => {
  const { services, volumes } = parse(read('config/compose.yaml'), { merge: true });
  expect(volumes).toHaveProperty('state');
  for (const service of [services.fixed, services.hotplug]) {
    expect(service).toMatchObject({
      read_only: true,
      init: true,
      cap_drop: ['ALL'],
      pids_limit: 64,
      mem_limit: '220m',
    });
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service).not.toHaveProperty('privileged');
    expect(service).not.toHaveProperty('network_mode');
    expect(service.image).toBe(`waymark:${JSON.parse(read('package.json')).version}`);
  }
  expect(services.fixed.devices).toHaveLength(2);
  expect(services.hotplug.device_cgroup_rules).toEqual(['c 188:* rw', 'c 166:* rw']);
  expect(services.hotplug.volumes).toContain('/dev:/dev');
});

test('the image says the version of the program', () => {
  expect(read('Dockerfile')).toContain(`ARG VERSION=${JSON.parse(read('package.json')).version}\n`);
});

/** Runs the clock helper against an agent that says `clock`; gives what it said and what `date` was told. */
async function helper(clock: unknown, env: Record<string, string> = {}): Promise<{ said: string; date: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-clock-'));
  const socket = join(dir, 'status.sock');
  const server = createServer((_, response) => response.end(JSON.stringify({ clock })));
  await new Promise<void>((done) => server.listen(socket, done));
  writeFileSync(join(dir, 'date'), `#!/bin/sh\necho "$*" > ${dir}/asked\n`);
  chmodSync(join(dir, 'date'), 0o755);
  writeFileSync(join(dir, 'asked'), '');
  try {
    const child = spawn(process.execPath, [join(ROOT, 'config/systemd/waymark-clock.cjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: `${dir}:/usr/bin:/bin`,
        ...{ WAYMARK_SOCKET: socket, WAYMARK_TIMESYNC: join(dir, 'none'), WAYMARK_CLOCK_WAIT_MS: '0', ...env },
      },
    });
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
    await new Promise((done) => child.on('close', done));
    return { said: said.trim(), date: readFileSync(join(dir, 'asked'), 'utf8').trim() };
  } finally {
    server.close();
    rmSync(dir, { recursive: true });
  }
}

const HOUR_MS = 3_600_000;

test('the clock helper sets the clock forward, and only forward, by what a source told the agent', async () => {
  const [ahead, back, near, silent, followed, far] = await Promise.all([
    helper({ state: 'untrusted', source: 'gnss', offsetMs: HOUR_MS }),
    helper({ state: 'trusted', source: 'network', offsetMs: -HOUR_MS }),
    helper({ state: 'trusted', source: 'gnss', offsetMs: 900 }),
    helper({ state: 'untrusted', reason: 'before-floor' }),
    helper({ source: 'gnss', offsetMs: HOUR_MS }, { WAYMARK_TIMESYNC: ROOT }),
    helper({ source: 'gnss', offsetMs: 20 * 366 * 24 * HOUR_MS }, { WAYMARK_PROGRAM: join(ROOT, 'package.json') }),
  ]);
  expect(ahead.said).toMatch(/^the clock was set forward to .* \(gnss\)$/);
  const set = Number(/^--utc --set=@(\d+\.\d{3})$/.exec(ahead.date)?.[1]) * 1000;
  expect(Math.abs(set - Date.now() - HOUR_MS)).toBeLessThan(60_000);
  expect(back).toEqual({ said: 'the clock is 3600 s ahead of network: left alone, time never goes back', date: '' });
  expect(near.date + silent.date + followed.date + far.date).toBe('');
  expect(far.said).toContain('too far ahead');
  expect(silent.said).toBe('no source has told the time yet');
  expect(followed.said).toBe('a time server is followed: nothing to do');
});
