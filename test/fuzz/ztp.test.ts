// The provisioning decoder against damaged answers: whatever comes, it takes it whole or throws a WaymarkError.
import { beforeAll, expect, test } from 'vitest';
import { WaymarkError } from '../../src/core/index.js';
import { decodeAssistAnswer, decodeZtpAnswer, parseUcenterConfig, refusalOf } from '../../src/ztp/index.js';
import { createAuthority, type Issued } from '../helpers/pki.js';
import { keysAnswer, ucenterFile } from '../ztp/fakes.js';

const ROUNDS = Number(process.env['WAYMARK_FUZZ'] ?? 10_000);
const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);

function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const VALUES: unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  ' ',
  '\u0000',
  '\ud800',
  'x'.repeat(5000),
  ';;;;',
  '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----',
  [],
  {},
  [[[]]],
  { path: ';' },
  { start: '1', duration: '1', value: '0'.repeat(32) },
];

let pair: Issued;
beforeAll(async () => {
  pair = await (await createAuthority()).issue({ name: 'gateway' });
});

/** Replaces, removes or doubles something somewhere in a JSON tree. */
function mutate(value: unknown, random: (below: number) => number, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > 3 || random(4) === 0) return VALUES[random(VALUES.length)];
  if (Array.isArray(value)) {
    const list: unknown[] = [...(value as unknown[])];
    const at = random(list.length + 1);
    list[at] = mutate(list[at], random, depth + 1);
    return list;
  }
  const entries = Object.entries(value);
  const at = random(entries.length);
  const [name, old] = entries[at] ?? ['x', 0];
  entries[at] = [random(8) === 0 ? name.toUpperCase() : name, mutate(old, random, depth + 1)];
  return Object.fromEntries(random(6) === 0 ? entries.slice(0, at) : entries);
}

const RTCM = {
  rtcmCredentials: { endpoint: 'n.test', httpPort: '2101', userName: 'u', password: 'p-assword', mountPoint: 'M' },
};
const READERS = [
  (body: Uint8Array) => decodeZtpAnswer(body, { prefer: 'auto' }),
  (body: Uint8Array) => decodeZtpAnswer(body, { prefer: 'ntrip' }),
  (body: Uint8Array) => decodeZtpAnswer(body, { prefer: 'mqtt' }),
  (body: Uint8Array) => decodeAssistAnswer(body),
];

test(`no damaged answer throws anything but a WaymarkError (${ROUNDS} rounds, seed ${SEED})`, () => {
  const random = randomFrom(SEED);
  const shapes: unknown[] = [
    keysAnswer(pair),
    RTCM,
    keysAnswer(pair, RTCM),
    { chipcode: 'QUJD', serviceUrl: 'https://a.test/x', allowedData: 'ualm, uporb_1' },
  ];
  let taken = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let tree = shapes[random(shapes.length)];
    for (let n = random(3); n > 0; n--) tree = mutate(tree, random);
    const bytes = Buffer.from(JSON.stringify(tree));
    for (let n = random(3); n > 0 && bytes.length > 0; n--) bytes[random(bytes.length)] = random(256);
    const body = random(4) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes;
    try {
      const { shape } = READERS[random(READERS.length)]!(body);
      if (['keys', 'ntrip', 'chipcode'].includes(shape)) taken++;
    } catch (error) {
      if (!(error instanceof WaymarkError)) throw new Error(`round ${round}: ${String(error)}`, { cause: error });
    }
    if (!(refusalOf({ status: random(700), body }) instanceof WaymarkError)) throw new Error(`round ${round}`);
  }
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(ROUNDS);
}, 3_600_000);

test(`no damaged u-center file throws anything but a WaymarkError, and none shows the key (${ROUNDS} rounds, seed ${SEED})`, () => {
  const random = randomFrom(SEED + 1);
  const whole: unknown = JSON.parse(ucenterFile(pair, { RootCA: pair.cert }));
  const secret = pair.key.split('\n')[1] ?? '';
  let taken = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let tree = whole;
    for (let n = random(3); n > 0; n--) tree = mutate(tree, random, -2);
    const bytes = Buffer.from(JSON.stringify(tree));
    for (let n = random(3); n > 0 && bytes.length > 0; n--) bytes[random(bytes.length)] = random(256);
    const text = bytes.subarray(0, random(4) === 0 ? random(bytes.length + 1) : bytes.length).toString('utf8');
    try {
      if (parseUcenterConfig(text).topics.length > 0) taken++;
    } catch (error) {
      if (!(error instanceof WaymarkError)) throw new Error(`round ${round}: ${String(error)}`, { cause: error });
      if (`${error.message}${error.hint}${String(error.cause)}`.includes(secret)) throw new Error(`round ${round}`);
    }
  }
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(ROUNDS);
}, 3_600_000);
