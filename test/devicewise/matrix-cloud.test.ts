// Every position of every knob of the cloud: one story over the gateway's own roads, the one over MQTT byte by byte and with
// notifications without need all the while (specs/devicewise.md 5.2, 5.4).
import { describe, expect, test } from 'vitest';
import { DEVICEWISE_FRONT_KNOBS, DEVICEWISE_KNOBS } from '../../src/sim/clouds/devicewise/index.js';
import { createRandom } from '../modem/random.js';
import { gatewayWay } from './lines.js';
import type { CloudKnobs } from './memory-cloud.js';
import { type Expected, story } from './story.js';

const BAD = { isByteWise: true, isStormy: true };
const KNOBS = { ...DEVICEWISE_KNOBS, ...DEVICEWISE_FRONT_KNOBS };

const FAILURE = { codes: [-99_004], messages: ['Unknown command: no.such.'] };
const USUAL: Readonly<Record<'mqtt' | 'http', Expected>> = {
  mqtt: { failure: FAILURE, refusal: { evidence: { connack: 4 } } },
  // Nobody tells of mail: it is looked into every 30 s.
  http: { failure: FAILURE, refusal: { evidence: { code: -90_001 } }, mailMs: 35_000 },
};

/** What another position than the first changes of the story. */
const BOTH: Readonly<Record<string, Expected>> = {
  'errorTexts terse': { failure: { ...FAILURE, messages: ['Unknown command.'] } },
  'errorTexts none': { failure: { ...FAILURE, messages: [] } },
  'errorCodes none': { failure: { ...FAILURE, codes: [] } },
  'deDuplicate on': { isDeDuplicated: true },
  'undeclaredAlarms reject': { isAlarmRefused: true },
  'expiredAck accepted': { lateAck: 'ok' },
};
const MQTT: Readonly<Record<string, Expected>> = {
  ...BOTH,
  'connackUnknownToken 5': { refusal: { evidence: { connack: 5 } } },
  'connackUnknownToken 2': { refusal: { evidence: { connack: 2 } } },
  // Its own look, every half hour, finds it.
  'notify lost': { mailMs: 1_810_000 },
};

/** The heartbeat of MQTT goes by real time: over half an hour of this clock's none is heard. */
const quiet = (position: string): CloudKnobs => (position === 'lost' ? { keepalive: 'ignored' } : {});

const cases = Object.entries(KNOBS).flatMap(([name, [, ...positions]]) =>
  positions.map((position) => [name, position] as const),
);

describe('over MQTT', () => {
  test.each([true, false])('as usual, compressed: %s', async (compress) => {
    await story(gatewayWay('mqtt', { compress }), { ...USUAL.mqtt, late: 'timeout' });
    await story(gatewayWay('mqtt', { ...BAD, compress }), USUAL.mqtt);
  });

  test.each(cases)('%s %s', async (name, position) => {
    const way = gatewayWay('mqtt', {
      isByteWise: true,
      // A storm of notifications where they are all lost would be none.
      isStormy: position !== 'lost',
      compress: name === 'deflate',
      cloudKnobs: { ...quiet(position), [name]: position },
    });
    await story(way, { ...USUAL.mqtt, ...MQTT[`${name} ${position}`] });
  });

  test.each([
    ['connackBinding', '2'],
    ['connackBinding', '5'],
    ['connackNoAutoreg', '5'],
    ['connackNoAutoreg', '4'],
  ] as const)('%s %s, where it counts', async (name, position) => {
    const way = gatewayWay('mqtt', { ...BAD, cloudKnobs: { [name]: position } });
    const { platform } = way.cloud;
    if (name === 'connackNoAutoreg') platform.tokens.change(platform.appToken, { definition: null });
    else {
      platform.things.create(way.thing);
      platform.things.bind(way.thing, 'made-elsewhere');
    }
    const refusal = { code: 'devicewise.refused', evidence: { connack: Number(position) } };
    expect(await way.open()).toMatchObject(refusal);
  });
});

describe('over HTTPS', () => {
  test('as usual', async () => {
    await story(gatewayWay('http'), USUAL.http);
  });

  test.each(cases)('%s %s', async (name, position) => {
    const way = gatewayWay('http', { cloudKnobs: { [name]: position } });
    await story(way, { ...USUAL.http, ...BOTH[`${name} ${position}`] });
  });
});

const SEED = Number(process.env['WAYMARK_SEED'] ?? 20_260_101);
const COMBINATIONS = 6;

/** Later ones of `all` count more. */
const merged = (all: readonly Expected[]): Expected =>
  all.reduce<Expected>((before, each) => ({ ...before, ...each, failure: { ...before.failure, ...each.failure } }), {});

describe(`knobs at random positions (seed ${SEED})`, () => {
  test.each(Array.from({ length: COMBINATIONS }, (_, i) => [i, i % 2 === 0 ? 'mqtt' : 'http'] as const))(
    'combination %i over %s',
    async (i, transport) => {
      const random = createRandom(SEED + i);
      const cloudKnobs = Object.fromEntries(
        Object.entries(KNOBS).map(([name, positions]) => [name, random.pick<string>(positions)]),
      ) as CloudKnobs;
      const special = transport === 'mqtt' ? MQTT : BOTH;
      const expected = merged([
        USUAL[transport],
        ...Object.entries(cloudKnobs).map(([name, position]) => special[`${name} ${String(position)}`] ?? {}),
        {
          failure: {
            ...(cloudKnobs.errorCodes === 'none' ? { codes: [] } : {}),
            ...(cloudKnobs.errorTexts === 'none' ? { messages: [] } : {}),
            ...(cloudKnobs.errorTexts === 'terse' ? { messages: ['Unknown command.'] } : {}),
            ...(cloudKnobs.errorTexts === 'standard' ? { messages: FAILURE.messages } : {}),
            ...(cloudKnobs.errorCodes === 'standard' ? { codes: FAILURE.codes } : {}),
          },
        },
      ]);
      const way = gatewayWay(transport, { ...BAD, isStormy: cloudKnobs.notify === 'sent', compress: true });
      way.cloud.configure({ ...cloudKnobs, ...quiet(cloudKnobs.notify ?? '') });
      await story(way, expected).catch((error: unknown) => {
        throw new Error(`seed ${SEED}, combination ${i}: ${JSON.stringify(cloudKnobs)}`, { cause: error });
      });
    },
  );
});
