import { PassThrough, Writable } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import {
  createLogger,
  createOutput,
  type Logger,
  type LogLevel,
  Secret,
  scrubber,
  silentLogger,
  WaymarkError,
} from '../../src/core/index.js';

type Line = Record<string, unknown>;

function capture(level: LogLevel = 'trace'): { log: Logger; lines: Line[]; text: () => string; tapped: Line[] } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const tapped: Line[] = [];
  const log = createLogger({
    level,
    output: createOutput(stream),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    tap: (line) => tapped.push(line),
  });
  return {
    log,
    tapped,
    text: () => text,
    get lines() {
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line);
    },
  };
}

describe('log lines', () => {
  test('a line carries level, time of the given clock, component, event, fields and the sentence', () => {
    const seen = capture();
    seen.log.child('modem').warn('modem.registered', { cell: 7 }, 'Registered.');
    const expected = {
      level: 'warn',
      time: '2026-01-02T03:04:05.000Z',
      component: 'modem',
      event: 'modem.registered',
      cell: 7,
      msg: 'Registered.',
    };
    expect(seen.lines).toEqual([expected]);
    expect(seen.tapped).toEqual([expected]);
  });

  test('below its level nothing is made, and enabled says so', () => {
    const seen = capture('warn');
    seen.log.info('x');
    seen.log.debug('x');
    expect(seen.text()).toBe('');
    expect([seen.log.enabled('info'), seen.log.enabled('warn')]).toEqual([false, true]);
    expect(silentLogger.child('x').enabled('error')).toBe(false);
  });
});

describe('errors', () => {
  test('of an error only message, code, hint, retry, cause and stack are shown', () => {
    const seen = capture();
    const foreign = Object.assign(new Error('socket hang up'), {
      code: 'ECONNRESET',
      config: { headers: { Authorization: 'x' } },
      request: { body: 'y' },
      buffer: Buffer.from('z'),
    });
    seen.log.error('x', { error: foreign });
    expect(Object.keys(seen.lines[0]?.['error'] as object).sort()).toEqual(['code', 'message']);
  });

  test('the chain of causes is followed four deep, and a circle ends', () => {
    const seen = capture();
    const inner = new Error('inner');
    const outer = new WaymarkError('net.refused', 'outer', {
      cause: new WaymarkError('net.dns', 'middle', { cause: inner }),
    });
    inner.cause = outer;
    seen.log.error('x', { error: outer });
    const error = seen.lines[0]?.['error'] as {
      code: string;
      hint: string;
      cause: { code: string; cause: { message: string } };
    };
    expect(error.code).toBe('net.refused');
    expect(error.hint).toMatch(/refuses/);
    expect(error.cause.code).toBe('net.dns');
    expect(error.cause.cause.message).toBe('inner');
    expect(seen.text().match(/"message"/g)?.length).toBeLessThanOrEqual(5);
  });

  test('an error deeper in the fields is under the same rule', () => {
    const seen = capture();
    const error = Object.assign(new Error('deep'), { code: 'X', secretThing: 'zzz' });
    seen.log.error('x', { attempts: [{ error }] });
    expect(seen.text()).toContain('deep');
    expect(seen.text()).not.toContain('zzz');
  });

  test('a stack is shown for defects only', () => {
    const seen = capture();
    seen.log.error('x', { a: new Error('defect'), b: new WaymarkError('net.dns', 'weather') });
    const line = seen.lines[0] as { a: { stack?: string }; b: { stack?: string } };
    expect(line.a.stack).toContain('log.test');
    expect(line.b.stack).toBeUndefined();
  });
});

describe('what must not be in a line', () => {
  test('a secret given as a field, in a text, in an error, in bytes: none is shown', () => {
    const seen = capture();
    const value = 'log-test-secret-value-1';
    const secret = new Secret('api-token', value);
    const bytes = Buffer.from(value);
    const error = new Error(`refused ${value}`, { cause: new Error(value) });
    const fields = { secret, text: `x ${value}`, hex: bytes.toString('hex'), bytes, deep: { bytes, secret }, error };
    seen.log.info('x', fields, `said ${value}`);
    for (const form of [value, bytes.toString('hex'), [...bytes].join(',')]) expect(seen.text()).not.toContain(form);
    expect(JSON.stringify(seen.tapped)).not.toContain(value);
    expect(seen.text()).toContain('[23 bytes]');
    expect(seen.text()).toContain('[secret api-token');
  });

  test('a long text is scrubbed before it is cut, so that no half of a token stays', () => {
    const seen = capture();
    const value = 'cut-in-the-middle-secret-value';
    new Secret('app-token', value);
    const text = `${'x'.repeat(1985)}${value}${'y'.repeat(500)}`;
    seen.log.info('x', { text, error: new WaymarkError('net.dns', text) }, text);
    expect(seen.text()).not.toContain('cut-in-the-mid');
    expect(String(seen.lines[0]?.['text']).length).toBeLessThan(2010);
    expect(String(seen.lines[0]?.['msg']).length).toBeLessThan(2010);
  });

  test('controls from outside reach neither terminal nor parser', () => {
    const seen = capture();
    const text = 'evil\x1b[2J\x9b31m\x7f\u202e\r\n{"level":"error"}';
    seen.log.info('x', { text });
    expect(seen.text().trimEnd()).toMatch(/^[\x20-\x7e]+$/);
    expect(seen.lines).toHaveLength(1);
    expect(seen.lines[0]?.['text']).toBe(text);
  });

  test('a scrubbed AT line neither breaks the line nor throws at its writer', () => {
    const seen = capture();
    for (const line of ['AT+CPIN="4711"', 'AT+CPIN="4711', 'AT#DWCFG=h,1,TOKENTOKEN', 'AT+CGAUTH=1,1,"u","p'])
      seen.log.trace('modem.line', { line, after: 1 });
    expect(seen.tapped).toHaveLength(4);
    expect(seen.tapped.every((line) => line['after'] === 1)).toBe(true);
    expect(seen.lines).toHaveLength(4);
  });

  test('deep, wide and circular fields end', () => {
    const seen = capture();
    const circle: Line = {};
    circle['self'] = circle;
    seen.log.info('x', { circle, wide: Array.from({ length: 10_000 }, (_, i) => i) });
    expect(seen.lines).toHaveLength(1);
    expect(seen.text().length).toBeLessThan(2000);
  });
});

describe('output', () => {
  const open: Writable[] = [];
  afterEach(() => {
    for (const stream of open.splice(0)) stream.destroy();
  });

  test('when the reader is too slow, lines are dropped and counted, then flow again', async () => {
    const held: (() => void)[] = [];
    let taken = 0;
    const slow = new Writable({
      write(chunk: Buffer, _encoding, done) {
        taken += chunk.length;
        held.push(done);
      },
    });
    open.push(slow);
    const output = createOutput(slow, { maxQueuedBytes: 1000 });
    for (let i = 0; i < 100; i++) output.write('one line '.repeat(12).slice(0, 100));
    expect(output.dropped).toBeGreaterThan(80);
    expect(output.dropped).toBeLessThan(95);
    while (slow.writableLength > 0) {
      held.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    const before = output.dropped;
    output.write('y');
    expect(output.dropped).toBe(before);
    expect(taken).toBe((100 - before) * 100 + 1);
  });

  test('a reader that went away (EPIPE) is not an error of ours: what follows is counted', async () => {
    const broken = new Writable({
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    open.push(broken);
    const output = createOutput(broken);
    output.write('first');
    await new Promise((resolve) => setImmediate(resolve));
    output.write('second');
    output.write('third');
    expect(output.dropped).toBe(2);
  });

  test('painted text keeps its colours, and hides what is secret', () => {
    const stream = new PassThrough();
    scrubber.register('test', 'a-painted-secret-1');
    createOutput(stream, { painted: true }).write('\u001b[32m●\u001b[0m a-painted-secret-1\n');
    const text = String(stream.read());
    expect(text).toContain('\u001b[32m●\u001b[0m ');
    expect(text).not.toContain('a-painted-secret-1');
    createOutput(stream).write('\u001b[32m');
    expect(String(stream.read())).toBe('\\u001b[32m');
  });

  test('text for people passes the scrubber too', () => {
    const stream = new PassThrough();
    const output = createOutput(stream);
    output.write('Authorization: Bearer abcdef\n');
    expect(String(stream.read())).toBe('Authorization: Bearer [secret]\n');
  });
});
