// Every position of every knob of the module's own client and of the cloud behind it: one story over the module's road,
// byte by byte and with reports of other things all the while (specs/devicewise.md 5.1, 5.2, 5.4).
import { describe, expect, test } from 'vitest';
import { DEVICEWISE_FRONT_KNOBS, DEVICEWISE_KNOBS } from '../../src/sim/clouds/devicewise/index.js';
import { type DeviceWiseKnobs, deviceWise, lostUrcs, USUAL_DEVICE_WISE } from '../../src/sim/module/index.js';
import { createRandom } from '../modem/random.js';
import { type ModuleWayOptions, moduleWay, type Way } from './lines.js';
import type { CloudKnobs } from './memory-cloud.js';
import { type Expected, story } from './story.js';

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
    await story(await moduleWay(BAD), USUAL);
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
  // The module looks into its mailbox when it is told to, and not before.
  'notifyOnConnect none': { isOfflineLost: true },
  'notify lost': { isMailLost: true },
};

const cloudCases = Object.entries({ ...DEVICEWISE_KNOBS, ...DEVICEWISE_FRONT_KNOBS }).flatMap(([name, [, ...positions]]) =>
  positions.map((position) => [name, position] as const),
);

describe('the cloud behind the module', () => {
  test.each(cloudCases)('%s %s', async (name, position) => {
    const cloudKnobs = { [name]: position } as CloudKnobs;
    await story(await moduleWay({ ...BAD, cloudKnobs }), { ...USUAL, ...CLOUD[`${name} ${position}`] });
  });
});
