import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config/index.js';

const COUNT = Number(process.env['WAYMARK_FUZZ'] ?? 2000);
const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);

/** mulberry32: the same cases on every machine for one seed. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const EXAMPLE = readFileSync(resolve(import.meta.dirname, '../../config/gateway.example.yaml'), 'utf8')
  .split('\n')
  .filter((line) => !/^ *#/.test(line) && line !== '')
  .join('\n');

const SPLINTERS = [
  '{',
  '}',
  '[',
  ']',
  ': ',
  '- ',
  '? ',
  '"',
  "'",
  '#',
  '&a ',
  '*a',
  '!!binary ',
  '|\n',
  '>\n',
  '\t',
  '\r',
  '\0',
  '%YAML 1.2\n',
  '---\n',
  '...\n',
  '<<: *a\n',
  '~',
  'null',
  '.inf',
  '-.nan',
  '0x1F',
  '1e999',
  '__proto__: 1\n',
  'constructor: {}\n',
  'toString: x\n',
  '\u2028',
  '\uFEFF',
  '\ud800',
  '"\\x1a"',
  '99999999999999999999',
  'true',
  'no',
  'modem:\n',
  'version: 1\n',
  '  port: /dev/x\n',
  '@',
  '`',
  ',',
  '\\',
];

function mutate(random: (below: number) => number): string {
  let text = random(8) === 0 ? '' : EXAMPLE;
  const times = 1 + random(8);
  for (let i = 0; i < times; i++) {
    const at = random(text.length + 1);
    const splinter = SPLINTERS[random(SPLINTERS.length)] ?? '';
    switch (random(6)) {
      case 0:
        text = text.slice(0, at) + splinter + text.slice(at);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(at + random(40));
        break;
      case 2:
        text = text.slice(0, at) + splinter.repeat(1 + random(200)) + text.slice(at);
        break;
      case 3:
        text = text.slice(0, at) + String.fromCharCode(random(0x300)) + text.slice(at + 1);
        break;
      case 4: {
        const from = random(text.length + 1);
        text = text.slice(0, at) + text.slice(from, from + random(200)) + text.slice(at);
        break;
      }
      default:
        text = text.slice(0, at);
    }
  }
  return text;
}

test(`${COUNT} damaged configurations: never a throw, always a verdict with real places, and in bounded time`, {
  timeout: 3_600_000,
}, () => {
  const random = createRandom(SEED);
  for (let i = 0; i < COUNT; i++) {
    const text = mutate(random);
    const { config, problems } = parseConfig(text, 'f');
    const lines = text.split(/\r\n|\n/).length;
    expect(config === undefined, `case ${i}`).toBe(problems.length > 0);
    for (const { line, column, message } of problems) {
      expect(line >= 1 && line <= lines + 1 && column >= 1, `case ${i}: ${line}:${column}`).toBe(true);
      expect(message).not.toBe('');
    }
  }
});

test.each([
  ['thousands of keys', Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n')],
  ['one key thousands of times', 'version: 1\n'.repeat(20_000)],
  ['nested brackets', '['.repeat(200_000)],
  ['nested braces on lines of their own', 'a: {\n'.repeat(40_000)],
  ['nested dashes', '- '.repeat(100_000)],
  ['nested question marks', '? '.repeat(100_000)],
  ['staircase', Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['aliases of aliases', Array.from({ length: 5000 }, (_, i) => `k${i}: &a${i} [*a${i - 1}, *a${i - 1}]`).join('\n')],
  ['an endless quote', `a: "${'x\n'.repeat(100_000)}`],
  ['colons', 'a: '.repeat(80_000)],
  ['one enormous line', `a: ${'x'.repeat(260_000)}`],
])('hostile text is refused in seconds: %s', (_, text) => {
  const start = process.hrtime.bigint();
  expect(parseConfig(text).problems.length).toBeGreaterThan(0);
  // Generous: a loaded machine is slow, an exponential reader would take for ever.
  expect(Number(process.hrtime.bigint() - start) / 1e9).toBeLessThan(20);
});
