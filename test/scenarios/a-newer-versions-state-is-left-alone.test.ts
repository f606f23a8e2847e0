// A downgrade: what a newer version of the program left in the state directory is not read, not written over, and said.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import { type Codec, openVault } from '../../src/vault/index.js';
import { lamp, QUICK_MODULE, startScenario } from '../helpers/scenario.js';

const fromTheFuture: Codec<string> = { version: 9, encode: (value) => value, decode: (data) => String(data) };
const SLOTS = ['identity', 'ztp'];

test('a gateway put back to this version says what it cannot read, asks nobody for another identity, and stays up', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-newer-'));
  try {
    const state = join(dir, 'state');
    const vault = await openVault(state, { clock: createClock(), log: silentLogger });
    for (const name of SLOTS) await vault.slot(name, fromTheFuture).write('kept');
    const bytes = (): string[] => SLOTS.map((name) => readFileSync(join(state, name)).toString('base64'));
    const before = bytes();
    const lines: string[] = [];
    await using gateway = await startScenario({ dir, world: { module: QUICK_MODULE }, log: { level: 'info', lines } });
    const status = await gateway.until('identity dark', (s) => lamp(s, 'identity').state === 'dark');
    expect(lamp(status, 'identity')).toMatchObject({
      reason: 'vault.unreadable',
      message: expect.stringContaining('written by a newer version of this program'),
      hint: 'Install the newer version again, or move the file away to start afresh.',
    });
    await gateway.until('the module is up all the same', (s) => lamp(s, 'network').state === 'lit');
    expect(gateway.world.clouds.ztp.calls).toHaveLength(0);
    expect(lines.filter((line) => line.includes('"event":"vault.alarm"')).length).toBeGreaterThanOrEqual(1);
    expect(bytes()).toEqual(before);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
