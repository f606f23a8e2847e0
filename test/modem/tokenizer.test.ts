import { describe, expect, test } from 'vitest';
import { type Expectation, MAX_LINE_BYTES, type PayloadRule, Tokenizer } from '../../src/modem/tokenizer.js';
import { createRandom, cutRandomly } from './random.js';

const SRECV: PayloadRule = { prefix: '#SRECV:', header: /^#SRECV: ?\d+,(\d{1,5})$/, endsWith: 'line' };
const DWRDATA: PayloadRule = { prefix: '#DWRDATA:', header: /^#DWRDATA: ?\d+,\d+,(\d{1,5}),$/, endsWith: ',' };
const USORD: PayloadRule = { prefix: '+USORD:', header: /^\+USORD: ?\d+,(\d{1,5}),"$/, endsWith: '"', trailer: '"' };

function tokens(chunks: readonly (Uint8Array | string)[], expectation: Expectation = {}): string[] {
  const out: string[] = [];
  const tokenizer = new Tokenizer({
    onLine: (text) => out.push(`line ${text}`),
    onPrompt: () => out.push('prompt'),
    onPayload: (header, bytes) => out.push(`payload ${header} ${Buffer.from(bytes).toString('latin1')}`),
    onOverlong: () => out.push('overlong'),
  });
  tokenizer.expect(expectation);
  for (const chunk of chunks) tokenizer.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
  return out;
}

const CASES: [name: string, bytes: string, expectation: Expectation, wanted: string[]][] = [
  [
    'CR and LF alike end a line, empty ones are dropped',
    '\r\na\r\n\r\n\nb\r\r\nc\nd\r',
    {},
    ['line a', 'line b', 'line c', 'line d'],
  ],
  ['NUL and blanks around a line go', '\0\0 \tOK \0\r\n', {}, ['line OK']],
  ['a NUL within a line goes', 'O\0K\r\n', {}, ['line OK']],
  ['a prompt without a line end is seen when declared', '\r\n> ', { prompt: '> ' }, ['prompt']],
  ['a bare prompt is seen and its blank does no harm', '\r\n> \r\nOK\r\n', { prompt: '>' }, ['prompt', 'line OK']],
  ['the u-blox prompt', '\r\n@', { prompt: '@' }, ['prompt']],
  ['an undeclared prompt is text', '> x\r\n', {}, ['line > x']],
  ['prompt characters inside a line are text', 'a> b@c\r\n', { prompt: '> ' }, ['line a> b@c']],
  ['another first character is no prompt', '>x\r\n', { prompt: '> ' }, ['line >x']],
  ['one prompt a command', '> > \r\n', { prompt: '> ' }, ['prompt', 'line >']],
  [
    'counted bytes after a header line may hold anything',
    '\r\n#SRECV: 1,11\r\n\r\nOK\r\n> \r\nX\r\n\r\nOK\r\n',
    { payload: SRECV },
    ['payload #SRECV: 1,11 \r\nOK\r\n> \r\nX', 'line OK'],
  ],
  [
    'counted bytes within a line may hold OK lines',
    '\r\n#DWRDATA: 3,0,9,a\r\nOK\r\nb,\r\nOK\r\n',
    { payload: DWRDATA },
    ['payload #DWRDATA: 3,0,9, a\r\nOK\r\nb,', 'line OK'],
  ],
  [
    'a closing quote belongs to neither',
    '+USORD: 2,3,"a"b"\r\nOK\r\n',
    { payload: USORD },
    ['payload +USORD: 2,3," a"b', 'line OK'],
  ],
  [
    'a payload of nothing',
    '#DWRDATA: 3,0,0,\r\nOK\r\n',
    { payload: DWRDATA },
    ['payload #DWRDATA: 3,0,0, ', 'line OK'],
  ],
  ['an undeclared header is a line', '#SRECV: 1,2\r\nab\r\n', {}, ['line #SRECV: 1,2', 'line ab']],
  [
    'a count beyond the cap is a line',
    '#SRECV: 1,99999\r\nab\r\n',
    { payload: SRECV },
    ['line #SRECV: 1,99999', 'line ab'],
  ],
  ['a header ended by LF alone', '#SRECV: 1,2\nabOK\r\n', { payload: SRECV }, ['payload #SRECV: 1,2 ab', 'line OK']],
];

describe('tokenizer', () => {
  test.each(CASES)('%s', (_name, bytes, expectation, wanted) => {
    expect(tokens([bytes], expectation)).toEqual(wanted);
  });

  test.each(CASES)('same tokens for every cut: %s', (_name, bytes, expectation, wanted) => {
    for (let at = 0; at <= bytes.length; at++)
      expect(tokens([bytes.slice(0, at), bytes.slice(at)], expectation), `cut at ${at}`).toEqual(wanted);
    expect(tokens(Array.from(bytes), expectation)).toEqual(wanted);
  });

  test('random cuts of random bytes give the same tokens (200 seeds)', () => {
    const alphabet = '\r\n> @OK,"#SRECV: 1,+USORD\0\t\x1a\x1b\xffAT';
    for (let seed = 1; seed <= 200; seed++) {
      const random = createRandom(seed);
      const bytes = Buffer.from(Array.from({ length: 400 }, () => alphabet.charCodeAt(random.int(alphabet.length))));
      const rule = random.pick([SRECV, DWRDATA, USORD]);
      const header =
        { '#SRECV:': '#SRECV: 1,5\r\n', '#DWRDATA:': '#DWRDATA: 1,0,5,', '+USORD:': '+USORD: 1,5,"' }[rule.prefix] ??
        '';
      const stream = Buffer.concat([bytes.subarray(0, 200), Buffer.from(`\r\n${header}`), bytes.subarray(200)]);
      const expectation: Expectation = { prompt: random.pick(['> ', '>', '@', undefined] as const), payload: rule };
      expect(tokens(cutRandomly(stream, random), expectation), `seed ${seed}`).toEqual(tokens([stream], expectation));
    }
  });

  test('with nothing declared, lines are what lies between line ends, whatever the bytes and the cut (500 seeds)', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = createRandom(seed);
      const parts = Array.from({ length: 60 }, () =>
        random.pick([
          random.bytes(random.int(6)),
          Buffer.from(random.pick(['\r\n', '\r', '\n', ' ', '\0', '\t', 'OK', '> ', '@'])),
        ]),
      );
      const stream = Buffer.concat([...parts, Buffer.from('\r\n')]);
      const wanted = stream
        .toString('latin1')
        .split(/[\r\n]/)
        .map((line) => line.replace(/^[\0 \t]+|[\0 \t]+$/g, '').replaceAll('\0', ''))
        .filter((line) => line !== '')
        .map((line) => `line ${line}`);
      expect(tokens([stream]), `seed ${seed}`).toEqual(wanted);
      expect(tokens(cutRandomly(stream, random)), `seed ${seed}, cut`).toEqual(wanted);
      expect(tokens(Array.from(stream, (byte) => Uint8Array.of(byte))), `seed ${seed}, bytes`).toEqual(wanted);
    }
  });

  test('what a line makes its receiver declare holds from the next byte on, for every cut', () => {
    const bytes = Buffer.from('x\r\nGO\r\n> DATA\r\n> y\r\n#SRECV: 1,4\r\nab\r\nOK\r\n#SRECV: 1,4\r\n');
    const wanted = ['x', 'GO', 'prompt', 'DATA', '> y', '#SRECV: 1,4 ab\r\n', 'OK', '#SRECV: 1,4'];
    for (let cut = 0; cut <= bytes.length; cut++) {
      const out: string[] = [];
      const tokenizer = new Tokenizer({
        onLine: (text) => {
          out.push(text);
          if (text === 'GO') tokenizer.expect({ prompt: '> ' });
          if (text === '> y') tokenizer.expect({ payload: SRECV });
        },
        onPrompt: () => out.push('prompt'),
        onPayload: (header, payload) => out.push(`${header} ${Buffer.from(payload).toString('latin1')}`),
        onOverlong: () => {},
      });
      tokenizer.push(bytes.subarray(0, cut));
      tokenizer.push(bytes.subarray(cut));
      expect(out, `cut at ${cut}`).toEqual(wanted);
    }
  });

  test('an overlong line is discarded up to its end, counted, and sync is kept', () => {
    const long = 'x'.repeat(MAX_LINE_BYTES * 3 + 17);
    const blanks = `x${' \t'.repeat(MAX_LINE_BYTES)}`;
    for (const [cut, text] of [1, 7, 4096, 100_000].flatMap((size) => [
      [size, long] as const,
      [size, blanks] as const,
    ])) {
      const bytes = Buffer.from(`a\r\n${text}\r\nb\r\n`);
      const chunks: Buffer[] = [];
      for (let i = 0; i < bytes.length; i += cut) chunks.push(bytes.subarray(i, i + cut));
      expect(tokens(chunks)).toEqual(['line a', 'overlong', 'line b']);
    }
    expect(tokens([`${'y'.repeat(MAX_LINE_BYTES)}\r`])).toEqual([`line ${'y'.repeat(MAX_LINE_BYTES)}`]);
  });

  test('time grows with the bytes and not with their square', () => {
    const measure = (count: number): number => {
      const chunks = Array.from({ length: count }, () => Buffer.from('z'));
      // Processor time: what else the machine does is no concern of this.
      const start = process.cpuUsage();
      const tokenizer = new Tokenizer({
        onLine: () => {},
        onPrompt: () => {},
        onPayload: () => {},
        onOverlong: () => {},
      });
      for (const chunk of chunks) tokenizer.push(chunk);
      const spent = process.cpuUsage(start);
      return (spent.user + spent.system) / 1000;
    };
    measure(20_000);
    const small = Math.min(measure(50_000), measure(50_000), measure(50_000));
    const large = Math.min(measure(400_000), measure(400_000), measure(400_000));
    // Eight times the bytes; a quadratic reader would need 64 times as long.
    expect(large).toBeLessThan(Math.max(small, 5) * 30 + 50);
  });

  test('a reset forgets a half line and a half payload', () => {
    const out: string[] = [];
    const tokenizer = new Tokenizer({
      onLine: (text) => out.push(text),
      onPrompt: () => out.push('prompt'),
      onPayload: () => out.push('payload'),
      onOverlong: () => {},
    });
    tokenizer.expect({ payload: SRECV });
    tokenizer.push(Buffer.from('#SRECV: 1,500\r\nabc'));
    tokenizer.reset();
    tokenizer.push(Buffer.from('half'));
    tokenizer.reset();
    tokenizer.push(Buffer.from('OK\r\n'));
    expect(out).toEqual(['OK']);
  });
});
