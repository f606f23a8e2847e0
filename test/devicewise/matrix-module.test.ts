// Every position of every knob of the module's own client and of the cloud behind it: one story over the module's road,
// byte by byte and with reports of other things all the while (specs/devicewise.md 5.1, 5.2, 5.4).
import { describe, expect, test } from 'vitest';
import { WaymarkError } from '../../src/core/index.js';
import { DEVICEWISE_FRONT_KNOBS, DEVICEWISE_KNOBS } from '../../src/sim/clouds/devicewise/index.js';
import { type DeviceWiseKnobs, USUAL_DEVICE_WISE } from '../../src/sim/module/device-wise.js';
import { lostUrcs } from '../../src/sim/module/index.js';
import { createRandom } from '../modem/random.js';
import { type Line, type ModuleWayOptions, moduleWay, STORM, settled, until } from './lines.js';
import type { CloudKnobs } from './memory-cloud.js';
import { type Expected, OK, story } from './story.js';

const USUAL: Expected = {
  isParamlessLost: true,
  refusal: { evidence: { code: -18207 } },
  failure: { messages: ['Unknown command: no.such.'] },
};
const BAD: ModuleWayOptions = { module: { chunking: 'one-byte' }, isStormy: true };

type Positions<T> = { readonly [K in keyof T]-?: readonly (readonly [position: T[K], expected?: Expected])[] };

/** Beside the usual one. */
const POSITIONS: Positions<DeviceWiseKnobs> = {
  hasClient: [[false, { open: 'devicewise.no-client' }]],
  pdpGuard: [[false]],
  connOkIsAsync: [[true]],
  connectMs: [[0], [20_000]],
  authFailMs: [[0], [9000]],
  stopMs: [[0], [5000]],
  authFailCode: [
    [-18207],
    [-18208, { refusal: { evidence: { code: -18208 } } }],
    [-18205, { refusal: { evidence: { code: -18205 } } }],
  ],
  retriesInModeZero: [[false]],
  needsSslen: [[false]],
  keepsStalePort: [[false]],
  keepsStaleTls: [[false]],
  sslSecCfgParams: [[3]],
  secDataEnd: [['ctrl-z']],
  constantMsgId: [[true]],
  firstSeq: [[9995], [65_530]],
  dropParamless: [[false, { isParamlessLost: false }]],
  unknownIdAnswer: [['text'], ['bare']],
  failedLine: [[true]],
  ackPrintsFailed0: [[true]],
  errorForm: [['bare']],
  dwcfgOmitted: [['keep']],
  dwcfgReadForm: [['quotes'], ['blanks']],
  echoesPayload: [[true]],
  replyTimeoutMs: [
    [5000, { late: 'timeout' }],
    [60_000, { late: 'ok' }],
  ],
  lateReply: [['deliver', { late: 'timeout' }]],
};

const cases = Object.entries(POSITIONS).flatMap(([name, positions]) =>
  (positions as readonly (readonly [unknown, Expected?])[]).map(
    ([position, expected = {}]) => [name, position, expected] as const,
  ),
);

describe('the module', () => {
  test('as usual', async () => {
    await story(await moduleWay(), { ...USUAL, late: 'timeout' });
    const way = await moduleWay(BAD);
    await story(way, USUAL);
    // A storm that did not happen proves nothing.
    const said = way.module.sim.transcriptLines.filter(
      ({ direction, text }) => direction === '<' && STORM.includes(text),
    );
    expect(said.length).toBeGreaterThan(100);
  });

  test.each(cases)('%s %s', async (name, position, expected) => {
    expect(USUAL_DEVICE_WISE[name as keyof DeviceWiseKnobs]).not.toBe(position);
    await story(await moduleWay({ ...BAD, knobs: { [name]: position } }), { ...USUAL, ...expected });
  });
});

const code = (refusal: number): Expected => ({ refusal: { evidence: { code: refusal } } });

/** What another position than the first changes of the story. */
const CLOUD: Readonly<Record<string, Expected>> = {
  'connackUnknownToken 5': code(-18208),
  'connackUnknownToken 2': code(-18205),
  'errorTexts terse': { failure: { messages: ['Unknown command.'] } },
  'errorTexts none': { failure: { messages: ['Failed without message.'] } },
  'deDuplicate on': { isDeDuplicated: true },
  'undeclaredAlarms reject': { isAlarmRefused: true },
  'expiredAck accepted': { lateAck: 'ok' },
  'notify lost': { isMailLost: true },
};

const cloudCases = Object.entries({ ...DEVICEWISE_KNOBS, ...DEVICEWISE_FRONT_KNOBS }).flatMap(
  ([name, [, ...positions]]) => positions.map((position) => [name, position] as const),
);

describe('the cloud behind the module', () => {
  test.each(cloudCases)('%s %s', async (name, position) => {
    const cloudKnobs = { [name]: position } as CloudKnobs;
    await story(await moduleWay({ ...BAD, cloudKnobs }), { ...USUAL, ...CLOUD[`${name} ${position}`] });
  });

  test.each([
    ['connackBinding', '2', -18205],
    ['connackBinding', '5', -18208],
    ['connackNoAutoreg', '5', -18208],
    ['connackNoAutoreg', '4', -18207],
  ] as const)('%s %s, where it counts', async (name, position, refusal) => {
    const way = await moduleWay({ ...BAD, cloudKnobs: { [name]: position } });
    const { platform } = way.cloud;
    if (name === 'connackNoAutoreg') platform.tokens.change(platform.appToken, { definition: null });
    else {
      platform.things.create(way.thing);
      platform.things.bind(way.thing, 'made-elsewhere');
    }
    expect(await way.open()).toMatchObject({ code: 'devicewise.refused', evidence: { code: refusal } });
    expect(way.module.sim.deviceWise.state()).toMatchObject({ isStarted: false });
  });
});

const withdrawn = (['standard', 'terse'] as const).flatMap((errorTexts) =>
  (['camel', 'lower'] as const).map((rootCase) => [errorTexts, rootCase] as const),
);

describe('a token that is withdrawn while it is in use', () => {
  const temp = { command: 'property.publish', params: { key: 'temp', value: -1 } };

  test('goes on working until the next connection', async () => {
    const way = await moduleWay(BAD);
    const line = await opened(way);
    way.cloud.platform.tokens.remove(way.cloud.platform.appToken);
    expect(await line.ask(temp)).toEqual(OK);
    await line.close();
    expect(await way.open()).toMatchObject({ code: 'devicewise.refused' });
  });

  test.each(withdrawn)('or ends the connection at the next request: %s, %s', async (errorTexts, rootCase) => {
    const way = await moduleWay({ ...BAD, cloudKnobs: { removedToken: 'fails', errorTexts, rootCase } });
    const line = await opened(way);
    expect(await line.ask(temp)).toEqual(OK);
    way.cloud.platform.tokens.remove(way.cloud.platform.appToken);
    expect(await line.ask(temp)).toEqual({ is: 'link-lost' });
    expect(await settled(way.clock, line.road.closed, 60_000)).toMatchObject({ code: 'devicewise.lost' });
    expect(way.module.sim.deviceWise.state()).toMatchObject({ isStarted: false });
    expect(await way.open()).toMatchObject({ code: 'devicewise.refused' });
  });

  test('a refusal that only sounds like it costs itself', async () => {
    const way = await moduleWay(BAD);
    way.cloud.platform.define({ key: 'gw_def', autoDefProps: false, properties: ['temp'] });
    const line = await opened(way);
    const odd = { command: 'property.publish', params: { key: 'session', value: 1 } };
    expect(await line.ask(odd)).toMatchObject({ is: 'failed', messages: ['Property session is not defined.'] });
    expect(await line.ask(temp)).toEqual(OK);
    await line.close();
  });
});

const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);
const COMBINATIONS = 6;
/** The switches of specs/devicewise.md 5.1, all on. */
const QUIRKS: Partial<DeviceWiseKnobs> = { constantMsgId: true, connOkIsAsync: true, lateReply: 'deliver' };

describe(`all quirks at once, the rest at random (seed ${SEED})`, () => {
  test.each(Array.from({ length: COMBINATIONS }, (_, i) => i))('combination %i', async (i) => {
    const random = createRandom(SEED + i);
    const chosen = cases
      .filter(([name]) => name !== 'hasClient' && !Object.hasOwn(QUIRKS, name) && random.int(2) === 0)
      .map(([name, position, expected]) => ({ name, position, expected }));
    const knobs: Partial<DeviceWiseKnobs> = {
      firstSeq: 65_520 + random.int(16),
      ...Object.fromEntries(chosen.map(({ name, position }) => [name, position])),
      ...QUIRKS,
    };
    const expected = Object.assign({ ...USUAL, late: 'timeout' }, ...chosen.map((each) => each.expected)) as Expected;
    const way = await moduleWay({ ...BAD, knobs });
    await settled(way.clock, way.module.modem.run(`AT+CMEE=${random.int(3)}`, {}), 10_000);
    await story(way, expected).catch((error: unknown) => {
      throw new Error(`seed ${SEED}, combination ${i}: ${JSON.stringify(knobs)}`, { cause: error });
    });
  });
});

async function opened(way: Awaited<ReturnType<typeof moduleWay>>): Promise<Line> {
  const line = await way.open();
  if (line instanceof WaymarkError) throw line;
  return line;
}

describe('what nobody rings for', () => {
  test('is found all the same: answers within 20 s, methods within 5 min', async () => {
    const way = await moduleWay({ knobs: { dropParamless: false } });
    way.module.sim.push(lostUrcs(1));
    const line = await opened(way);
    const { platform } = way.cloud;
    expect(await line.ask({ command: 'property.publish', params: { key: 'temp', value: -1 } })).toEqual(OK);
    await way.clock.advance(1000);
    platform.method(way.thing, 'report', undefined, { ackTimeoutS: 300 });
    expect(await until(way.clock, () => way.calls.length > 0, 60_000)).toBe(false);
    expect(await until(way.clock, () => way.calls.length > 0, 250_000)).toBe(true);
    expect(await until(way.clock, () => platform.methodsOf(way.thing)[0]?.state === 'acked', 60_000)).toBe(true);
    // The answer to the acknowledgement rings as little.
    await way.clock.advance(20_000);
    expect(way.module.sim.deviceWise.state().inbox).toBe(0);
    const looks = (): number => way.module.bench.taken('AT#DWLRCV').length;
    await line.close();
    const before = looks();
    await way.clock.advance(1_000_000);
    expect(looks()).toBe(before);
  });
});
