// The simulated caster serves str2str (rtklib, must be installed) with the account a provisioning call brought, at its own
// pace, and str2str's file is what was sent.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cutSpartn } from '../../src/sim/spartn.js';
import { eventually } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';
import { behindFirstLine, type CloudsProcess, contents, startClouds, startStr2str, startTap } from './str2str.js';

const SECONDS = 11;

interface Account {
  userName: string;
  bytesSent: number;
  ggas: number;
}

/** Provisions a device for `mountPoint` and lets str2str stream from it; gives its file and what the line carried. */
async function stream(clouds: CloudsProcess, folder: string, mountPoint: string) {
  await clouds.tell('ztp', `mountPoint=${mountPoint}`);
  const account = await clouds.provision(`gateway-${mountPoint}`);
  expect(account).toMatchObject({ endpoint: 'localhost', mountPoint });
  using tap = await startTap(Number(account.httpPort));
  const file = join(folder, mountPoint);
  const from = `ntrip://${account.userName}:${account.password}@127.0.0.1:${tap.port}/${account.mountPoint}`;
  await using client = startStr2str(
    ...['-in', from, '-p', '48.2', '16.37', '170'],
    ...['-n', '1', '-out', `file://${file}`],
  );
  const { times } = tap;
  await eventually(
    'eleven seconds of data',
    () => (times.at(-1) ?? 0) - (times[0] ?? 0) > (SECONDS - 1) * 1000,
    20_000,
  );
  tap.hold();
  const sent = behindFirstLine(tap);
  await eventually('the file', () => contents(file).length >= sent.length);
  await client.end();
  return { account, file: contents(file), sent, times, up: tap.up().toString('latin1') };
}

test('str2str streams with provisioned accounts for both formats, and its files are what was sent', async () => {
  await inScratch(async (folder) => {
    await using clouds = await startClouds(folder);
    const rtcm = stream(clouds, folder, 'NEAR-RTCM');
    await eventually('the first account', async () => {
      const { caster } = (await clouds.tell('state')) as { caster: { connects: number } };
      return caster.connects === 1;
    });
    // From here on without the blank line, which str2str takes for data.
    await clouds.tell('caster', 'icyEnd=line');
    const both = await Promise.all([rtcm, stream(clouds, folder, 'NEAR-SPARTN')]);

    for (const { file, sent, up, times } of both) {
      expect(file.equals(sent)).toBe(true);
      expect(file.length).toBeGreaterThan(4000);
      // Once a second, in one head's company; nothing that is no sentence.
      const ggas = up.match(/^\$GNGGA,.*\*[\dA-F]{2}\r$/gm) ?? [];
      expect(ggas.length).toBeGreaterThan(SECONDS - 3);
      expect(ggas.length).toBeLessThan(SECONDS + 4);
      expect(up.replace(/^[^]*?\r\n\r\n/, '')).toBe(ggas.map((line) => `${line}\n`).join(''));
      // Neither all at once nor a flood: the cadence of the real thing.
      const late = times.filter((at) => at - (times[0] ?? 0) > 2000);
      expect(late.length).toBeGreaterThanOrEqual(2);
    }
    const [{ file: withBlankLine, account, times }, { file: spartn }] = both;
    expect(withBlankLine.subarray(0, 3)).toEqual(Buffer.from([0x0d, 0x0a, 0xd3]));
    expect(times.length).toBeGreaterThan(SECONDS - 2);
    expect(cutSpartn(spartn).every(({ is }) => is === 'frame')).toBe(true);

    const { caster } = (await clouds.tell('state')) as { caster: { users: Record<string, Account> } };
    expect(Object.keys(caster.users)).toHaveLength(2);
    expect(caster.users[account.userName]!.bytesSent).toBeGreaterThanOrEqual(withBlankLine.length - 2);
  });
});
