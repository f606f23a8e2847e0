// Hostile commands: whatever comes, it is answered in bounds, and nothing happens unless it is exactly one of the five.
import { expect, test } from 'vitest';
import type { CloudCommand } from '../../src/core/index.js';
import { memorySlot, NOW, rig } from '../agent/cloud-commands-rig.js';

const ROUNDS = Number(process.env['WAYMARK_FUZZ'] ?? 10_000);
const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);

function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const deep = (() => {
  let value: unknown = 0;
  for (let i = 0; i < 10_000; i++) value = [value];
  return value;
})();
const json = (text: string): unknown => JSON.parse(text);
const NAMES: readonly unknown[] = [
  ...['report-status', 'resubscribe', 'renew-identity', 'recover', 'set-report-interval'],
  ...['report-status', 'resubscribe', 'renew-identity', 'recover', 'set-report-interval'],
  ...['Report-Status', 'recover ', '__proto__', 'constructor', 'AT+CFUN=0', '', 'x'.repeat(65_536), '\ud800'],
  ...[null, 7, {}, ['recover'], undefined],
];
const VALUES: readonly unknown[] = [
  ...['session', 'radio', 'module-reset', 'give-back', 'toString', '', 'a reason', '\u0000', 'x'.repeat(70_000)],
  ...[0, 1, 10, 86_400, 86_401, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308, null, true, undefined, [], {}],
  ...[deep, json('{"__proto__":{"seconds":1}}'), json('{"toString":1}'), 10n],
];
const MEMBERS = ['rung', 'seconds', 'reason', 'Rung', 'second', '__proto__', 'constructor', 'k'.repeat(65_536)];
const TIMES: readonly unknown[] = [
  undefined,
  undefined,
  NOW,
  NOW - 1000,
  NOW - 9e9,
  NOW + 9e9,
  Number.NaN,
  'now',
  null,
];
const RETAINED: readonly unknown[] = [false, false, false, false, false, true, undefined, 0, 'false'];
const IDS: readonly unknown[] = ['', 'x'.repeat(129), 'a\u0007', null, 5, {}, '\udc00'];
const RUNGS = ['resubscribe', 'session'];

/** Said once more, independently of the code under test: may this have an effect? */
function isExact({ id, name, payload, isRetained, sentUtcMs }: CloudCommand): boolean {
  if (isRetained || typeof id !== 'string' || !/^[ -~]{1,128}$/.test(id)) return false;
  if (sentUtcMs !== undefined && !(sentUtcMs >= NOW - 3_600_000 && sentUtcMs <= NOW + 600_000)) return false;
  const plain = payload ?? {};
  if (typeof plain !== 'object' || Array.isArray(plain)) return false;
  const entries = Object.entries(plain);
  const [first] = entries;
  switch (name) {
    case 'report-status':
    case 'resubscribe':
      return entries.length === 0;
    case 'renew-identity':
      return (
        entries.length === 0 ||
        (entries.length === 1 &&
          first?.[0] === 'reason' &&
          (first[1] === undefined || (typeof first[1] === 'string' && /^[ -~]{1,120}$/.test(first[1]))))
      );
    case 'recover':
      return entries.length === 1 && first?.[0] === 'rung' && RUNGS.includes(first[1] as string);
    case 'set-report-interval':
      return (
        entries.length === 1 &&
        first?.[0] === 'seconds' &&
        Number.isInteger(first[1]) &&
        (first[1] as number) >= 1 &&
        (first[1] as number) <= 86_400
      );
    default:
      return false;
  }
}

test(`${ROUNDS} hostile commands: an answer each, an effect for the exact ones only (seed ${SEED})`, async () => {
  const random = randomFrom(SEED);
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  let t = rig({ settings: { maxPerMinute: 60 } });
  let exact = 0;
  for (let i = 0; i < ROUNDS; i++) {
    // A gateway of its own now and then: the ring and the minute are tested elsewhere.
    if (i % 50 === 0) t = rig({ settings: { maxPerMinute: 60 }, slot: memorySlot() });
    const members = Array.from({ length: random(3) }, () => [pick(MEMBERS), pick(VALUES)] as const);
    const payload = random(4) === 0 ? pick(VALUES) : Object.fromEntries(members);
    const sentUtcMs = pick(TIMES);
    const command = {
      from: random(20) === 0 ? pick(['', 'Losant', '../x', '__proto__']) : 'losant',
      id: random(10) === 0 ? pick(IDS) : `id ${i}`,
      name: pick(NAMES),
      payload,
      isRetained: pick(RETAINED),
      ...(sentUtcMs === undefined ? {} : { sentUtcMs }),
    } as CloudCommand;
    const before = t.done.length;
    const result = await t.commands.sink(command);
    const may = command.from === 'losant' && command.isRetained === (false as unknown) && isExact(command);
    if (may) exact++;
    expect(t.done.length - before, `round ${i}`).toBe(may ? 1 : 0);
    expect(result.end, `round ${i}`).toBe(may ? 'done' : 'refused');
    if (!may) expect(result.code, `round ${i}`).toMatch(/^command\./);
    expect(JSON.stringify({ ...result, data: undefined }).length, `round ${i}`).toBeLessThan(1500);
    expect(result.message, `round ${i}`).not.toMatch(/[\u0000-\u001f]|\p{Cs}/u);
  }
  expect(exact).toBeGreaterThan(ROUNDS / 100);
});
