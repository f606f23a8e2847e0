import { expect, test } from 'vitest';
import { withinRows } from '../../src/cli/screen.js';

const lines = (count: number): string => `${Array.from({ length: count }, (_, i) => `line ${i + 1}`).join('\n')}\n`;

test('what fits is shown whole', () => {
  expect(withinRows(lines(5), 5)).toBe(lines(5));
});

test('what does not fit keeps its beginning, and says how much is left out', () => {
  expect(withinRows(lines(9), 5)).toBe(`${lines(4)}  … 5 more lines: waymark status\n`);
  expect(withinRows(lines(9), 0)).toBe(`${lines(1)}  … 8 more lines: waymark status\n`);
});
