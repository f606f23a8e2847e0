import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { watchLineSpeed } from '../../src/sim/line-speed.js';
import { openPty } from '../../src/sim/pty.js';

test('the speed of a pseudo terminal is the one its user has set, while somebody wants to know', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-speed-'));
  const link = join(dir, 'tty');
  const wish = { isWanted: true };
  try {
    await using port = await openPty({ link, methods: ['socat', 'script'] });
    using speed = watchLineSpeed({ address: () => port.address, isWanted: () => wish.isWanted });
    for (const wanted of [9600, 115_200, 921_600]) {
      execFileSync('stty', ['-F', link, `${wanted}`]);
      await speed.look();
      expect(speed.baudRate).toBe(wanted);
    }
    wish.isWanted = false;
    await speed.look();
    expect(speed.baudRate).toBeUndefined();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test.each(['tcp://127.0.0.1:4000', '/nowhere/tty'])('%s has none', async (address) => {
  using speed = watchLineSpeed({ address: () => address, isWanted: () => true });
  await speed.look();
  expect(speed.baudRate).toBeUndefined();
});
