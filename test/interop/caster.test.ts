// The simulated caster judged by programs nobody here wrote: str2str and convbin (rtklib) and curl must be installed.
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createClock, silentLogger, sleep } from '../../src/core/index.js';
import { createSimClouds, DEFAULT_CASTER, type SimClouds } from '../../src/sim/clouds/index.js';
import { cutSpartn } from '../../src/sim/spartn.js';

const clock = createClock();
let folder: string;
let clouds: SimClouds;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-caster-'));
  clouds = await createSimClouds({ clock, log: silentLogger, stateDir: folder });
});
beforeEach(() => clouds.caster.configure(DEFAULT_CASTER));
afterAll(async () => {
  await clouds[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function until(what: string, test: () => boolean): Promise<void> {
  const endMs = clock.mono() + 20_000;
  while (!test()) {
    if (clock.mono() > endMs) throw new Error(`never happened: ${what}`);
    await sleep(clock, 20);
  }
}

/** Runs a program to its end. A missing program is a failure of the test. */
const run = (program: string, args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    execFile(program, args, { timeout: 20_000 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`${program}: ${error.message}`));
      else resolve({ stdout, stderr });
    });
  });

/** Lets str2str run until the caster has sent so many bytes; gives what it wrote. */
async function str2str(mountPoint: string, bytes: number): Promise<Buffer> {
  const { port, userName, password } = clouds.description.pointperfect.ntrip;
  const file = join(folder, mountPoint);
  const from = `ntrip://${userName}:${password}@127.0.0.1:${port}/${mountPoint}`;
  const child = spawn('str2str', ['-in', from, '-p', '48.2', '16.37', '170', '-n', '1', '-out', `file://${file}`], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
  const connects = clouds.caster.stats.connects;
  await until('connection', () => clouds.caster.stats.connects > connects);
  const connection = () => clouds.caster.stats.connections.at(-1)!;
  await until('data', () => connection().bytesSent >= bytes);
  // Its own cadence is real time.
  await until('the file', () => existsSync(file) && readFileSync(file).length >= bytes);
  child.kill('SIGINT');
  await ended;
  return readFileSync(file);
}

test('str2str speaks NTRIP 1 and writes the frames as they are', async () => {
  clouds.caster.configure({ icyEnd: 'line' });
  const written = await str2str('NEAR-SPARTN', 8000);
  expect(cutSpartn(written).every(({ is }) => is === 'frame')).toBe(true);
  expect(clouds.caster.stats.connections.at(-1)).toMatchObject({ ntrip: 1, badLines: 0, agent: /RTKLIB/ });
});

test('convbin finds observations of four systems, and the station near the rover', async () => {
  clouds.caster.configure({ icyEnd: 'line' });
  await str2str('NEAR-RTCM', 3000);
  const out = join(folder, 'out.obs');
  await run('convbin', ['-r', 'rtcm3', '-v', '3.04', '-o', out, join(folder, 'NEAR-RTCM')]);
  const rinex = readFileSync(out, 'latin1');
  for (const system of ['G', 'R', 'E', 'C'])
    expect(rinex).toMatch(new RegExp(`^${system}\\d\\d {2}\\d{8}\\.\\d{3}`, 'm'));
  const [, x, y, z] = /^ *([\d.-]+) +([\d.-]+) +([\d.-]+) +APPROX POSITION XYZ/m.exec(rinex) ?? [];
  // 48.2 N, 16.37 E in ECEF, and at most a few kilometres off.
  expect(Math.hypot(Number(x) - 4_086_400, Number(y) - 1_200_300, Number(z) - 4_732_000)).toBeLessThan(10_000);
});

test('curl reads the table, is refused with a wrong password, and unpacks chunks and gzip', async () => {
  const { port, tlsPort, userName, password } = clouds.description.pointperfect.ntrip;
  const two = ['-sSN', '-m', '4', '-A', 'NTRIP curl', '-H', 'Ntrip-Version: Ntrip/2.0'];
  const table = await run('curl', [...two, `http://127.0.0.1:${port}/`]);
  expect(table.stdout).toMatch(/^STR;NEAR-RTCM;.*\r\nSTR;NEAR-RTCM-MGA;.*\r\nENDSOURCETABLE\r\n$/ms);
  const refused = await run('curl', [
    ...two,
    '-w',
    '%{http_code}',
    '-u',
    `${userName}:x`,
    `http://127.0.0.1:${port}/NEAR-RTCM`,
  ]);
  expect(refused.stdout).toMatch(/401$/);
  clouds.caster.configure({ answer: 'chunked', gzip: 'stream' });
  const file = join(folder, 'curl');
  const gga = '$GNGGA,123519.00,4807.03800000,N,01131.00000000,E,4,12,0.80,545.400,M,46.900,M,1.0,0000*67';
  const args = ['--compressed', '--cacert', clouds.description.caFile, '-u', `${userName}:${password}`, '-o', file];
  await run('curl', [...two, ...args, '-H', `Ntrip-GGA: ${gga}`, `https://localhost:${tlsPort}/NEAR-SPARTN`]);
  const pieces = cutSpartn(readFileSync(file));
  expect(pieces.length).toBeGreaterThan(20);
  expect(pieces.every(({ is }) => is === 'frame')).toBe(true);
});
