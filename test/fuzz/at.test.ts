// Hostile bytes for the AT reader: nothing may throw, hang, or keep more than its bounds, and every cut of the same
// bytes must read the same. Seeds are fixed, so a failure repeats.
import { describe, expect, test } from 'vitest';
import { parseClock } from '../../src/modem/codec/clock.js';
import { parseActivation, parseCgdcont, parseCgpaddr } from '../../src/modem/codec/context.js';
import { errorOfFinal, parseErrorResult } from '../../src/modem/codec/errors.js';
import { splitFields } from '../../src/modem/codec/fields.js';
import {
  parseCops,
  parseCpin,
  parseIccid,
  parseImei,
  parseImsi,
  parsePlain,
  parseQss,
} from '../../src/modem/codec/identity.js';
import { parseRegistration } from '../../src/modem/codec/registration.js';
import { parseCesq, parseCsq } from '../../src/modem/codec/signal.js';
import { finalKind } from '../../src/modem/finals.js';
import { parseDwcfg } from '../../src/modem/index.js';
import { MAX_LINE_BYTES, MAX_PAYLOAD_BYTES, type PayloadRule, Tokenizer } from '../../src/modem/tokenizer.js';
import { UrcRouter } from '../../src/modem/urc.js';
import { createRandom, cutRandomly, type Random } from '../modem/random.js';

const COUNT = Number(process.env['WAYMARK_FUZZ'] ?? 10_000);

const WORDS = (
  'AT|OK|ERROR|+CME ERROR: |+CMS ERROR:|+CREG: |+CGREG:|+CEREG: |+C5GREG: |+CPIN: |+CSQ: |+CESQ: |+COPS: |+CCLK: |#NITZ: |' +
  '+CGDCONT: |+CGACT: |#SGACT: |+CGPADDR: |+CGSN: |#CCID: |#CIMI: |#DWCFG: |#DWRDATA: 1,0,5,|#SRECV: 1,9|+USORD: 0,3,"|#QSS: |' +
  '+CMT: |> |@|READY|SIM PIN|"|,|:|;|1|0|99|255|7FFFFFFF|26/02/03,10:20:30+04|\r|\n|\r\n|\0|\t|\x1a|\x1b|\xb5b|$GNGGA,|-|(|)'
).split('|');

const RULES: readonly PayloadRule[] = [
  { prefix: '#SRECV:', header: /^#SRECV: ?\d+,(\d{1,5})$/, endsWith: 'line' },
  { prefix: '#DWRDATA:', header: /^#DWRDATA: ?\d+,\d+,(\d{1,5}),$/, endsWith: ',' },
  { prefix: '+USORD:', header: /^\+USORD: ?\d+,(\d{1,5}),"$/, endsWith: '"', trailer: '"' },
];

function hostile(random: Random): Buffer {
  const parts: Buffer[] = [];
  const count = 1 + random.int(12);
  for (let i = 0; i < count; i++) {
    const kind = random.int(10);
    if (kind === 0) parts.push(random.bytes(random.int(40)));
    else if (kind === 1) parts.push(Buffer.alloc(random.int(300), random.int(256)));
    else parts.push(Buffer.from(random.pick(WORDS), 'latin1'));
  }
  return Buffer.concat(parts);
}

type Token = ['line' | 'payload' | 'prompt' | 'overlong', string];

function tokens(chunks: readonly Uint8Array[], seed: number): Token[] {
  const random = createRandom(seed);
  const out: Token[] = [];
  const tokenizer = new Tokenizer({
    onLine: (text) => out.push(['line', text]),
    onPrompt: () => out.push(['prompt', '']),
    onPayload: (header, bytes) => out.push(['payload', header + Buffer.from(bytes).toString('latin1')]),
    onOverlong: () => out.push(['overlong', '']),
  });
  tokenizer.expect({
    prompt: random.pick(['> ', '>', '@', undefined] as const),
    payload: random.pick([...RULES, undefined]),
  });
  for (const chunk of chunks) tokenizer.push(chunk);
  return out;
}

/** Everything a line is ever shown to. */
function parseAll(line: string): unknown[] {
  const router = new UrcRouter();
  return [
    parseRegistration(line),
    parseCpin(line),
    parseCsq(line),
    parseCesq(line),
    parseCops(line),
    parseClock(line),
    parseCgdcont(line),
    parseActivation(line),
    parseCgpaddr(line),
    parseImei([line]),
    parseIccid([line]),
    parseImsi([line]),
    parsePlain([line], '+CGMI'),
    parseQss(line),
    parseDwcfg(line),
    parseErrorResult(line),
    errorOfFinal(line, 'AT+X').code,
    finalKind(line, 'AT+CREG?'),
    splitFields(line).length,
    router.isUnsolicited(line, { text: 'AT+CREG?', prefix: '+CREG', answers: 0 }),
    router.dispatch(line).known,
  ];
}

describe('AT fuzz', () => {
  test(`${COUNT} hostile streams: no throw, bounded tokens, the same for every cut`, {
    timeout: 30_000 + COUNT * 5,
  }, () => {
    for (let seed = 1; seed <= COUNT; seed++) {
      const random = createRandom(seed);
      const bytes = hostile(random);
      const whole = tokens([bytes], seed);
      const cut = tokens(cutRandomly(bytes, random, 5), seed);
      if (JSON.stringify(cut) !== JSON.stringify(whole)) expect(cut, `seed ${seed}`).toEqual(whole);
      for (const [kind, text] of whole) {
        if (kind === 'line' && (text.length === 0 || text.length > MAX_LINE_BYTES || /[\r\n\0]/.test(text)))
          expect.unreachable(`seed ${seed}: ${JSON.stringify(text)}`);
        if (text.length > MAX_PAYLOAD_BYTES + 64) expect.unreachable(`seed ${seed}: payload of ${text.length}`);
        if (kind === 'line') parseAll(text);
      }
      const clock = parseClock(bytes.toString('latin1'));
      if (clock && clock !== 'unset') expect(Number.isFinite(clock.utcMs)).toBe(true);
    }
  });

  test('long hostile lines take linear time in every parser', () => {
    const long = [
      `+CREG: ${'1,'.repeat(4000)}`,
      `+COPS: 0,0,${', 1'.repeat(2700)}`,
      `+CCLK: "${'9'.repeat(8000)}`,
      `#DWCFG: ${'a,'.repeat(4000)}`,
      `+CGPADDR: 1,${'0.'.repeat(4000)}`,
      `+CME ERROR: ${'x '.repeat(4000)}`,
      `+CPIN: ${'"'.repeat(8000)}`,
      `${' '.repeat(4000)}"${' '.repeat(4000)}`,
      `+CGSN: ${' '.repeat(8000)}1`,
    ];
    for (const line of long) {
      const start = performance.now();
      for (let i = 0; i < 20; i++) parseAll(line);
      expect((performance.now() - start) / 20, line.slice(0, 20)).toBeLessThan(50);
    }
  });
});
