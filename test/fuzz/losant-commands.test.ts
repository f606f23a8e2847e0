// Hostile Losant commands: whatever bytes come, there is a verdict, and a command is in bounds.
import { expect, test } from 'vitest';
import { parseCommandItem, parseCommandText } from '../../src/services/losant/commands.js';

const ROUNDS = Number(process.env['WAYMARK_FUZZ'] ?? 10_000);
const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);

function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PIECES = [
  ...['{', '}', '[', ']', ':', ',', '"', '"name":"recover"', '"name":', '"payload":', '"time":', '"$date":'],
  ...['"$numberLong":"1772366400000"', '{"$undefined":true}', '"__proto__":', '"constructor":', '"2026-03-01"', 'null'],
  ...['-1e999', '1772366400', '"\\ud800"', '\u0000', '\ufeff', '['.repeat(500), '{"a":'.repeat(40), '"toJSON":'],
];
const NAMES: readonly unknown[] = ['recover', 'recover', '', 'x'.repeat(256), 7, null, '\u0000', '\ud800'];
const TIMES: readonly unknown[] = [
  ...[undefined, null, 0, -1, 1e300, '2026-03-01T12:00:00Z', '9'.repeat(400), 'Mon, nonsense'],
  ...[{ $date: 'x' }, { $date: { $numberLong: '1' } }, { $date: { $date: 1 } }, [], true],
];

test(`${ROUNDS} hostile Losant commands: a verdict each, commands in bounds (seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const value = (depth: number): unknown => {
    const kind = random(depth > 20 ? 4 : 8);
    if (kind === 0) return pick([0, 1, -1, null, true, 'a', '\udc00']);
    if (kind === 1) return { $date: pick(TIMES) };
    if (kind === 2) return { $undefined: true };
    if (kind === 3) return { $numberLong: pick(['1', 'x', '99999999999999999999', 5]) };
    if (kind < 6) return [value(depth + 1)];
    return JSON.parse(`{"__proto__":{"polluted":1},"k":${JSON.stringify(value(depth + 1) ?? null)}}`);
  };
  let commands = 0;
  for (let i = 0; i < ROUNDS; i++) {
    const whole = JSON.stringify({ name: pick(NAMES), payload: value(0), time: pick(TIMES) });
    const text =
      random(3) > 0
        ? whole
        : random(2) === 0
          ? Array.from({ length: random(12) }, () => pick(PIECES)).join('')
          : `${whole.slice(0, random(whole.length))}${pick(PIECES)}${whole.slice(random(whole.length))}`;
    const bytes = Buffer.from(text);
    if (random(10) === 0 && bytes.length > 0) bytes[random(bytes.length)] = random(256);
    const reading = parseCommandText(bytes);
    if (reading.is === 'malformed') {
      expect(reading.reason, `round ${i}`).toMatch(/^.{1,120}$/);
      continue;
    }
    commands++;
    const { command } = reading;
    expect(command.id, `round ${i}`).toMatch(/^[0-9a-f]{32}$/);
    expect(command.name.length, `round ${i}`).toBeLessThanOrEqual(255);
    if (command.sentUtcMs !== undefined) expect(Number.isInteger(command.sentUtcMs), `round ${i}`).toBe(true);
    expect(JSON.stringify(command), `round ${i}`).not.toMatch(/"(__proto__|constructor|prototype)":/);
    // By the other road it is the same.
    expect(parseCommandItem(JSON.parse(bytes.toString('utf8'))), `round ${i}`).toEqual(reading);
  }
  expect(commands).toBeGreaterThan(ROUNDS / 100);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
