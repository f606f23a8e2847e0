// Hostile bytes for the AT reader: nothing may throw, hang, or keep more than its bounds, and every cut of the same
// bytes must read the same. Seeds are fixed, so a failure repeats.
import { describe, expect, test } from 'vitest';
import { errorOfFinal } from '../../src/modem/codec/errors.js';
import { parseRegistration } from '../../src/modem/codec/registration.js';
import { finalKind } from '../../src/modem/finals.js';
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

/** Everything the channel shows a line to; the parsers behind it have a test of their own (at-parsers.test.ts). */
function classify(line: string): void {
  const router = new UrcRouter();
  finalKind(line, 'AT+CREG?');
  errorOfFinal(line, 'AT+X');
  const unsolicited = router.isUnsolicited(line, { text: 'AT+CREG?', prefix: '+CREG', answers: 0 });
  // The quick look at a registration line and the parser must agree on what it is.
  if (/^\+CREG:/.test(line)) expect(unsolicited, line).toBe(parseRegistration(line)?.form === 'urc');
  router.dispatch(line);
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
        if (kind === 'line') classify(text);
      }
    }
  });
});
