// A path in the output leads somewhere: to the clone's documents, or to those that the package has installed.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { guidePath } from '../../src/cli/guide.js';

test('the documents of a clone and of the package are found by what is printed', () => {
  const clone = guidePath('operate/doctor.md', '/home/somebody/waymark/dist/lib');
  expect(existsSync(resolve(import.meta.dirname, '../..', clone))).toBe(true);
  expect(guidePath('operate/doctor.md')).toBe(clone);
  expect(guidePath('operate/doctor.md', '/usr/lib/waymark/lib')).toBe('/usr/share/doc/waymark/operate/doctor.md');
});
