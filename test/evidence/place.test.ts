// What wipe and restore never touch.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refuseOutside, refuseSharedFolders } from '../../src/cli/evidence/place.js';

test('folders of the whole machine are refused, by name and by link; folders of its own are not', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-place-'));
  try {
    symlinkSync('/var/lib', join(dir, 'state'));
    for (const shared of ['/', '/run', '/var/lib', '/var/lib/', '/var/../var/lib', join(dir, 'state')])
      await expect(refuseSharedFolders(shared), shared).rejects.toMatchObject({ code: 'cli.usage' });
    await expect(refuseSharedFolders('/var/lib/waymark', '/run/waymark', dir)).resolves.toBeUndefined();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('what a link on a card leads away from it is refused, also below what is not there yet', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-card-'));
  try {
    const card = join(dir, 'card');
    mkdirSync(join(card, 'etc'), { recursive: true });
    mkdirSync(join(dir, 'victim'));
    symlinkSync(join(dir, 'victim'), join(card, 'var'));
    await expect(refuseOutside(card, [join(card, 'etc/waymark/gateway.yaml')])).resolves.toBeUndefined();
    for (const path of ['var/lib/waymark', 'var'])
      await expect(refuseOutside(card, [join(card, path)])).rejects.toMatchObject({ code: 'cli.usage' });
    await expect(refuseOutside('/', [join(card, 'var/x')])).resolves.toBeUndefined();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
