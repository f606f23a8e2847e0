import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { StatusSnapshot } from '../../src/status/index.js';
import { cli } from '../helpers/cli.js';

test('a second demo with the same state directory finds its app token and its identity in place', async () => {
  const home = mkdtempSync(join(tmpdir(), 'waymark-twice-'));
  try {
    const transcript = (n: number): string => join(home, `transcript-${n}`);
    for (const n of [1, 2]) {
      const { code, stdout, stderr } = await cli(
        'demo',
        ...['--for', '9s', '--json', '--state-dir', join(home, 'kept'), '--transcript', transcript(n)],
      );
      expect(code, stdout + stderr).toBe(0);
      expect((JSON.parse(stdout) as StatusSnapshot).identity).toMatchObject({ state: 'have', ztpCallsToday: 1 });
    }
    const writes = (n: number): string[] => readFileSync(transcript(n), 'utf8').match(/^> AT#DWCFG=.*$/gm) ?? [];
    expect(writes(1)).toHaveLength(1);
    expect(writes(2)).toEqual([]);
    expect(readFileSync(transcript(2), 'utf8')).toContain('> AT#DWCFG?');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}, 40_000);
