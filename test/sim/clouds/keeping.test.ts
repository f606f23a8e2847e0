// What the simulated clouds keep over a restart.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClock } from '../../../src/core/index.js';
import { openPki } from '../../../src/sim/clouds/pki.js';
import { openRegistry } from '../../../src/sim/clouds/registry.js';
import { joined, provision, scratch, startClouds } from './helpers.js';

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

describe('a second start in the same state directory', () => {
  test('keeps the authority, so that an identity from before still connects', async () => {
    const stateDir = scratch();
    const before = await startClouds({ stateDir });
    const ca = readFileSync(before.description.caFile, 'utf8');
    const { clientId, certificate, privateKey } = (await provision(before)).json() as Record<string, string>;
    await before[Symbol.asyncDispose]();
    const after = await startClouds({ stateDir });
    expect(readFileSync(after.description.caFile, 'utf8')).toBe(ca);
    expect(after.description.pointperfect.mqtt.clientId).toBe(before.description.pointperfect.mqtt.clientId);
    await joined(after, { clientId: clientId!, cert: certificate!, key: privateKey! });
  });

  test('keeps what was revoked and deactivated', () => {
    const file = join(scratch(), 'things.json');
    const first = openRegistry(file);
    const thing = first.add('gw-1');
    first.change(thing, { serials: ['AB'], isActive: false });
    first.revoke(thing);
    const second = openRegistry(file);
    expect(second.isRevoked('AB')).toBe(true);
    expect(second.byHardwareId('gw-1')).toMatchObject({ clientId: thing.clientId, isActive: false, serials: [] });
  });

  test.each(['', '{', '[]', '{"version":1}', '{"version":2}', 'null'])(
    'a damaged account file %j starts anew',
    (text) => {
      const file = join(scratch(), 'things.json');
      writeFileSync(file, text);
      const registry = openRegistry(file);
      expect(registry.size).toBe(0);
      expect(openRegistry(file).token).toBe(registry.token);
    },
  );

  test.each(['ca.pem', 'ca.key'])('a damaged %s gives a new authority, and identities that fit it', async (name) => {
    const folder = scratch();
    const first = await openPki(folder, createClock());
    await first.keptClient('client', 'spare');
    writeFileSync(join(folder, name), 'damaged');
    const second = await openPki(folder, createClock());
    expect(second.caPem).not.toBe(first.caPem);
    const { certFile } = await second.keptClient('client', 'spare');
    const again = await second.keptClient('client', 'spare');
    expect(readFileSync(again.certFile, 'utf8')).toBe(readFileSync(certFile, 'utf8'));
  });
});

describe('files', () => {
  test('every file is 0600 and nothing temporary stays behind', async () => {
    const stateDir = scratch();
    const clouds = await startClouds({ stateDir });
    await provision(clouds);
    const files = filesUnder(join(stateDir, 'sim'));
    expect(files.length).toBeGreaterThanOrEqual(5);
    for (const file of files) {
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
      expect(file).not.toMatch(/\.new$/);
    }
    expect((statSync(join(stateDir, 'sim', 'pki')).mode & 0o777).toString(8)).toBe('700');
    const { caFile, pointperfect } = clouds.description;
    for (const file of [caFile, pointperfect.mqtt.certFile, pointperfect.mqtt.keyFile])
      expect(existsSync(file)).toBe(true);
  });
});
