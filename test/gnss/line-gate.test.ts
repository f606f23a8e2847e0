import { expect, test } from 'vitest';
import { createLineGate, createLineReader } from '../../src/gnss/index.js';
import { cut, random } from './frames.js';

const text = (lines: readonly Uint8Array[]): string[] => lines.map((line) => Buffer.from(line).toString('latin1'));

test('only complete lines pass the gate', () => {
  const gate = createLineGate();
  expect(text(gate.push(Buffer.from('$A\r\n$B')))).toEqual(['$A\r\n']);
  expect(text(gate.push(Buffer.from('C\r\n')))).toEqual(['$BC\r\n']);
});

test('a line beyond the bound is discarded whole and counted once, the next one passes', () => {
  const gate = createLineGate(10);
  for (let i = 0; i < 1000; i++) expect(gate.push(Buffer.from('xxxx'))).toEqual([]);
  expect(text(gate.push(Buffer.from('yy\nok\n')))).toEqual(['ok\n']);
  expect(gate.overlong).toBe(1);
});

test('a line of exactly the bound passes', () => {
  expect(text(createLineGate(10).push(Buffer.from('123456789\n')))).toEqual(['123456789\n']);
  expect(text(createLineGate(10).push(Buffer.from('1234567890\n')))).toEqual([]);
});

test('any cutting of the same bytes gives the same lines', () => {
  const r = random(21);
  const bytes = Buffer.concat(
    Array.from({ length: 80 }, () => Buffer.concat([Buffer.alloc(r.below(40), 0x41), Buffer.from('\n')])),
  );
  const whole = text(createLineGate(25).push(bytes));
  for (let round = 0; round < 20; round++) {
    const gate = createLineGate(25);
    expect(cut(bytes, r, 1 + r.below(60)).flatMap((chunk) => text(gate.push(chunk)))).toEqual(whole);
  }
});

test('a half line is forgotten with its connection', () => {
  const gate = createLineGate();
  gate.push(Buffer.from('half'));
  gate.reset();
  expect(text(gate.push(Buffer.from('whole\n')))).toEqual(['whole\n']);
});

test('the reader gives lines without their ends, byte for byte', async () => {
  const lines: string[] = [];
  const reader = createLineReader((line) => lines.push(line));
  reader.push(Buffer.from([0xff, 0x41, 0x0d, 0x0a, 0x42, 0x0a, 0x0d, 0x43, 0x0d, 0x0a]));
  await expect.poll(() => lines).toEqual(['\u00ffA', 'B', '\rC']);
});

test('ten thousand lines at once arrive one by one and in order', async () => {
  const lines: string[] = [];
  const reader = createLineReader((line) => lines.push(line));
  const sent = Array.from({ length: 10_000 }, (_, i) => `line ${i}`);
  reader.push(Buffer.from(`${sent.join('\r\n')}\r\n`));
  await expect.poll(() => lines.length).toBe(sent.length);
  expect(lines).toEqual(sent);
});
