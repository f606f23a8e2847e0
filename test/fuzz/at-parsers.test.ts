// Hostile lines for everything that reads one: nothing may throw, take long, or hand back more than it was given. Seeds
// are fixed, so a failure repeats.
import { afterAll, describe, expect, test } from 'vitest';
import { figure } from '../helpers/figures.js';
import { createRandom, type Random } from '../modem/random.js';
import { type LineReader, lineReaders } from './at-readers.js';

const COUNT = Number(process.env['WAYMARK_FUZZ'] ?? 10_000);
/** A reader needs a few µs; a pause of the machine is told from a slow reader by asking again. */
const SLOW_MS = 20;

const VALUES = (
  '0|1|2|5|7|11|12|31|99|255|-97|-1|007|0001|65535|2147483648|99999999999|1e9|0x1F|7FFFFFFF|1F00|"1F00"|"0079D903"|FFFFFFF|' +
  'READY|"SIM PIN"|SIM PUK2|"26/02/03,10:20:30+04"|26/02/03|80/01/06,00:00:00|"IPV4V6"|"iot.example"|10.20.30.40|' +
  '"10.20.30.40.255.255.255.0"|"32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"|2001:db8::1|262-01|"26201"|LTE|"servingcell"|NOCONN|FDD|' +
  'LTE B3|15/06/2026|12:00:00.000|48.2082000|-0.123|+16.3738|20000000|-|--|N/A|(1-5)|(|)|""|"|OK|ERROR|operation not allowed|SIM busy|PS|CS|EPS PDN ACT|356938035643809|' +
  '89310410106543789301|98130401015634873910|9000|63C2|SC|P1|EN|EN-DC'
).split('|');

/** What follows a prefix. */
function tail(random: Random): string {
  const fields: string[] = [];
  const count = random.int(14);
  for (let i = 0; i < count; i++) {
    const kind = random.int(12);
    if (kind === 0)
      fields.push(
        random
          .bytes(random.int(12))
          .toString('latin1')
          .replaceAll(/[\r\n]/g, '?'),
      );
    else if (kind === 1) fields.push('');
    else if (kind === 2) fields.push(`${' '.repeat(random.int(3))}${random.pick(VALUES)} `);
    else if (kind === 3) fields.push(String(random.int(2 ** random.int(31))));
    else if (kind === 4) fields.push(random.pick(VALUES).repeat(1 + random.int(40)));
    else fields.push(random.pick(VALUES));
  }
  return fields.join(random.pick([',', ',', ',', ',', ', ', ' ', ':', ';']));
}

let slowestMs = 0;
const tails: string[] = [];
const readers = await lineReaders();
const anyPrefix = [...new Set(readers.flatMap((reader) => reader.prefixes))];

function lineFor(reader: LineReader, random: Random, rest: string): string {
  const kind = random.int(10);
  if (kind === 0) return rest;
  const prefixes = kind > 2 && reader.prefixes.length > 0 ? reader.prefixes : anyPrefix;
  return random.pick(prefixes) + random.pick([': ', ':', ' : ', ' ', '=', ': (', ': "']) + rest;
}

function timed(reader: LineReader, line: string): { result: unknown; tookMs: number } {
  const start = performance.now();
  const result = reader.read(line);
  return { result, tookMs: performance.now() - start };
}

function check(reader: LineReader, line: string): void {
  const first = timed(reader, line);
  const { result } = first;
  let { tookMs } = first;
  for (let again = 0; again < 3 && tookMs > SLOW_MS; again++) tookMs = Math.min(tookMs, timed(reader, line).tookMs);
  slowestMs = Math.max(slowestMs, tookMs);
  if (tookMs > SLOW_MS) expect.unreachable(`${tookMs} ms for ${JSON.stringify(line.slice(0, 200))}`);
  if (result === undefined || typeof result === 'boolean' || typeof result === 'number') return;
  const size = JSON.stringify(result).length;
  // A field becomes an object of a few names at most, and a control character an escape of six.
  if (size > 2000 + 40 * line.length) expect.unreachable(`${size} characters of ${JSON.stringify(line.slice(0, 200))}`);
}

describe('AT parser fuzz', () => {
  afterAll(() => {
    figure(`${readers.length} readers of AT lines, ${COUNT} hostile lines each, slowest ${slowestMs.toFixed(1)} ms`);
  });

  test('everything that reads a line has been found', () => {
    const names = readers.map((reader) => reader.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'codec/signal parseCsq',
        'codec/registration parseRegistration',
        'apps/celllocate/parse parseUuloc',
      ]),
    );
    expect(names.length).toBeGreaterThan(30);
    expect(names.some((name) => name.startsWith('codec/fields'))).toBe(true);
  });

  test.each(readers)(`${COUNT} hostile lines: $name`, { timeout: 30_000 + COUNT * 5 }, (reader) => {
    if (tails.length === 0) for (let seed = 1; seed <= COUNT; seed++) tails.push(tail(createRandom(seed)));
    for (let seed = 1; seed <= COUNT; seed++) {
      const line = lineFor(reader, createRandom(seed * 7919), tails[seed - 1] ?? '');
      try {
        check(reader, line);
      } catch (error) {
        throw new Error(`seed ${seed}, ${JSON.stringify(line)}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  test.each(readers)('lines of 8 KiB take no longer than their length: $name', (reader) => {
    const long = ['1,', ', 1', '9', 'a,', '0.', 'x ', '"', ' ', '"a",', '1-', '(1,', 'F', '\t'];
    for (const prefix of [...reader.prefixes.slice(0, 6), ''])
      for (const piece of long) check(reader, `${prefix}: ${piece.repeat(Math.floor(8000 / piece.length))}`);
  });
});
