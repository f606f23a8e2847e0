// A real correction stream through str2str (rtklib, must be installed), from the simulated caster and to the agent: every
// byte of the recording arrives, in order, and nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { createClock } from '../../src/core/index.js';
import { createCaptureStream } from '../../src/sim/index.js';
import { eventually, lamp, startScenario } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';
import { contents, startCasterStr2str, startClouds, startStr2str } from '../interop/str2str.js';

const FILE = join(process.env['WAYMARK_DATA'] ?? resolve('../shared/data'), 'spartn-eu-continental-99frames.bin');
const recording = readFileSync(FILE);
/** A minute in ten seconds; str2str loses bytes when it is given them much faster than that. */
const SPEED = 6;

test.concurrent('the recording played by the caster is str2str’s file', async () => {
  await inScratch(async (folder) => {
    await using clouds = await startClouds(folder, '--capture', FILE, '--speed', `${SPEED}`);
    await clouds.tell('caster', 'icyEnd=line');
    const { httpPort, userName, password, mountPoint } = await clouds.provision('gateway');
    const file = join(folder, 'written');
    const from = `ntrip://${userName}:${password}@127.0.0.1:${httpPort}/${mountPoint}`;
    await using client = startStr2str(
      ...['-in', from, '-p', '48.2', '16.37', '170'],
      ...['-n', '1', '-out', `file://${file}`],
    );
    await eventually('the whole recording', () => contents(file).length >= recording.length, 25_000);
    await client.end();
    expect(contents(file).equals(recording)).toBe(true);
  });
});

test.concurrent('the recording fed into str2str is what the agent hands the receiver', async () => {
  await inScratch(async (dir) => {
    const saveFile = join(dir, 'received');
    const secret = join(dir, 'word');
    const account = { userName: 'rover', password: 'recorded-test-word', mountPoint: 'EU_SPARTN' };
    writeFileSync(secret, `${account.password}\n`, { mode: 0o600 });
    await using caster = await startCasterStr2str(account);
    const { userName, mountPoint } = account;
    const ntrip = { host: '127.0.0.1', port: caster.port, mountPoint, userName, password: `file:${secret}` };
    await using gateway = await startScenario({
      dir,
      world: { saveFile },
      config: { modem: null, ztp: null, corrections: { ntrip } },
    });
    await gateway.until('accepted', (s) => lamp(s, 'session').state === 'lit');
    const stop = createCaptureStream({ clock: createClock() }, { recording, speed: SPEED }).start(({ payload }) =>
      caster.feed(payload),
    );
    try {
      await eventually('the whole recording', () => contents(saveFile).length >= recording.length, 25_000);
    } finally {
      stop();
    }
    expect(contents(saveFile).equals(recording)).toBe(true);
    expect(gateway.status().corrections).toMatchObject({ framesIn: 99, badBytes: 0, dropped: 0 });
  });
});
