// The clean root that package and image are proved in: where its packages are taken from. Making one takes a minute and
// root, and is what scripts/package-check.mjs does.
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const script = resolve(import.meta.dirname, '../../scripts/debian-root.mjs');

test('the Debian mirror is the one that apt uses, before its first update too', async () => {
  const { mirrorIn } = (await import(script)) as { mirrorIn(targets: string): string | undefined };
  const security = 'Debian http://mirror.example/debian-security/\n';
  const other = 'Somebody https://packages.example/node_20.x/\n';
  expect(mirrorIn(`${other}${security}Debian http://mirror.example/debian/\n`)).toBe('http://mirror.example/debian');
  expect(mirrorIn(' http://mirror.example/debian\n')).toBe('http://mirror.example/debian');
  expect(mirrorIn(`${other}${security}Somebody https://packages.example/debian/\n`)).toBeUndefined();
  expect(mirrorIn('')).toBeUndefined();
});
