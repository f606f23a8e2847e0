import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runtimeDirOf, sameAgent } from '../../src/cli/where.js';

test('an agent is found although its configuration has a mistake meanwhile; without one the mistake is told', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-where-'));
  try {
    const config = join(dir, 'gateway.yaml');
    writeFileSync(config, 'version: 1\nruntimeDir: run # here\ncorrections: {source: nonsense}\n', { mode: 0o600 });
    await expect(runtimeDirOf({ config, json: false })).rejects.toMatchObject({ code: 'config.invalid' });
    mkdirSync(join(dir, 'run'));
    writeFileSync(join(dir, 'run', 'status.sock'), '');
    expect(await runtimeDirOf({ config, json: false })).toBe(join(dir, 'run'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a verb that is named for the same agent carries the flags that find it', () => {
  expect(sameAgent({ config: '/etc/waymark/gateway.yaml', json: false })).toBe('');
  expect(sameAgent({ config: "it's.yaml", runtimeDir: '/run/x', json: false })).toBe(
    String.raw` -c 'it'\''s.yaml' --runtime-dir /run/x`,
  );
});
