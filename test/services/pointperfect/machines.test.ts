import { describe, expect, test } from 'vitest';
import { WaymarkError } from '../../../src/core/index.js';
import {
  assistanceTopics,
  decodeDict,
  dictTopic,
  endOfService,
  isOutside,
  type LocalizedEvent,
  type LocalizedState,
  localizedTopics,
  NOT_LOCALIZED,
  nearestNode,
  nextLocalized,
  nextRegion,
  oneMoreSilent,
  POINTPERFECT_MQTT_END,
  type Region,
  type RegionState,
  regionsAt,
  type SilentRun,
  type TileDict,
  type TileLevel,
  tileName,
} from '../../../src/services/index.js';

const spot = (latitudeDeg: number, longitudeDeg: number): { latitudeDeg: number; longitudeDeg: number } => ({
  latitudeDeg,
  longitudeDeg,
});

describe('regions', () => {
  test.each<['narrow' | 'wide', string, number, number, Region[]]>([
    ['narrow', 'Zurich', 47.4, 8.5, ['eu']],
    ['narrow', 'Chicago', 41.9, -87.6, ['us']],
    ['narrow', 'Sydney', -33.9, 151.2, ['au']],
    ['narrow', 'Seoul', 37.6, 127, ['kr']],
    ['narrow', 'Tokyo', 35.7, 139.7, ['jp']],
    ['narrow', 'Reykjavik', 64.1, -21.9, []],
    ['wide', 'Reykjavik', 64.1, -21.9, ['eu']],
    ['wide', 'Anchorage', 61.2, -149.9, ['us']],
    ['wide', 'Busan, where the later row counts', 35.2, 129.1, ['jp', 'kr']],
    ['wide', 'Beijing', 39.9, 116.4, []],
    ['wide', 'Riyadh', 24.7, 46.7, []],
    ['wide', 'the equator', 0, 0, []],
    ['wide', 'Auckland', -36.8, 174.8, []],
  ])('%s: %s', (table, _place, lat, lon, expected) => {
    expect(regionsAt(table, spot(lat, lon))).toEqual(expected);
  });

  const first = (candidates: readonly Region[]): Region | undefined => candidates[0];
  const walk = (steps: [number, number, number][], choose = first): (Region | undefined)[] => {
    let state: RegionState = {};
    return steps.map(([lat, lon, nowMonoMs]) => {
      state = nextRegion(state, { spot: spot(lat, lon), nowMonoMs }, 'wide', choose);
      return state.region;
    });
  };

  test('a region is entered at once and kept just beyond its border', () => {
    expect(
      walk([
        [60, -31, 0],
        [60, -29, 1],
        [60, -30.4, 500_000],
        [60, -30.4, 900_000],
      ]),
    ).toEqual([undefined, 'eu', 'eu', 'eu']);
  });

  test('it is left only after two minutes clearly outside', () => {
    expect(
      walk([
        [47, 8, 0],
        [47, -60, 1000],
        [47, -60, 120_999],
        [47, -60, 121_000],
      ]),
    ).toEqual(['eu', 'eu', 'eu', 'us']);
    expect(
      walk([
        [47, 8, 0],
        [47, -60, 0],
        [47, 8, 60_000],
        [47, -60, 121_000],
        [47, -60, 200_000],
      ]),
    ).toEqual(['eu', 'eu', 'eu', 'eu', 'eu']);
    expect(
      walk([
        [47, 8, 0],
        [0, 8, 0],
        [0, 8, 120_000],
      ]),
    ).toEqual(['eu', 'eu', undefined]);
  });

  test('where two overlap the account may choose, and a border inside the overlap is none', () => {
    expect(walk([[35.2, 129.1, 0]], (c) => c.find((r) => r === 'kr'))).toEqual(['kr']);
    expect(
      walk([
        [37.6, 127, 0],
        [35.2, 129.1, 1],
      ]),
    ).toEqual(['kr', 'kr']);
  });
});

describe('tiles', () => {
  test.each<[TileLevel, number, number, string]>([
    ['2', 53.43, -2.24, 'pp/ip/L2N5375W00125/dict'],
    ['2', 52.02, 0.68, 'pp/ip/L2N5125E00125/dict'],
    ['0', 47.28, 8.56, 'pp/ip/L0N4500E00500/dict'],
    ['5', -33.87, 151.2, 'pp/ip/L5S3375E15125/dict'],
    ['1', 0, -0.001, 'pp/ip/L1N0250W00250/dict'],
    ['3', 90, 180, 'pp/ip/L3N8500E17500/dict'],
    ['0', -90, -180, 'pp/ip/L0S8500W17500/dict'],
  ])('level %s at %d, %d is %s', (level, lat, lon, topic) => {
    expect(dictTopic(tileName(level, spot(lat, lon)))).toBe(topic);
  });

  test('a little beyond the border is not outside', () => {
    expect(isOutside('L2N5375W00125', '2', spot(53.43, -2.24))).toBe(false);
    expect(isOutside('L2N5375W00125', '2', spot(52.4, -2.6))).toBe(false);
    expect(isOutside('L2N5375W00125', '2', spot(52.3, -2.24))).toBe(true);
    expect(isOutside('L2N5375W00125', '2', spot(53, 0.2))).toBe(true);
    expect(isOutside('L0N4500W17500', '0', spot(45, 179.6))).toBe(false);
  });

  const TILE = 'L2N5375W00125';
  const dictText = (over: object = {}): Buffer =>
    Buffer.from(
      JSON.stringify({
        tile: TILE,
        nodeprefix: `pp/ip/${TILE}/`,
        nodes: ['N5300W00200', 'N5400W00100', 'rubbish', 7, 'N9999E00000', '#', 'N5300W00200/x'],
        endpoint: 'pp-eu.services.u-blox.com',
        ...over,
      }),
    );

  test('a dictionary gives its nodes; what is no node is left out', () => {
    const decoded = decodeDict(dictText(), TILE);
    if (decoded.is !== 'dict') throw new Error(decoded.why);
    expect(decoded.dict.prefix).toBe(`pp/ip/${TILE}/`);
    expect(decoded.dict.nodes).toEqual([
      { name: 'N5300W00200', latitudeDeg: 53, longitudeDeg: -2 },
      { name: 'N5400W00100', latitudeDeg: 54, longitudeDeg: -1 },
    ]);
  });

  test.each([
    ['of another tile', dictText({ tile: 'L2N5125E00125' })],
    ['that leads to another tile', dictText({ nodeprefix: 'pp/ip/L2N5125E00125/' })],
    ['that leads anywhere', dictText({ nodeprefix: '#' })],
    ['without nodes', dictText({ nodes: [] })],
    ['with nodes of another shape', dictText({ nodes: 'N5300W00200' })],
    ['that is too large', dictText({ padding: 'x'.repeat(140_000) })],
    ['that is no JSON', Buffer.from('{"tile":')],
    ['that is null', Buffer.from('null')],
  ])('a dictionary %s is malformed', (_what, payload) => {
    expect(decodeDict(payload, TILE).is).toBe('malformed');
  });

  const dict: TileDict = {
    tile: 'L0N6500E00500',
    prefix: 'pp/ip/L0N6500E00500/',
    nodes: [
      { name: 'east', ...spot(65, 8) },
      { name: 'north', ...spot(67, 5) },
    ],
  };
  test('the nearest node counts degrees of longitude as what they are that far north', () => {
    expect(nearestNode(dict, spot(65, 5))?.name).toBe('east');
    expect(
      nearestNode(
        {
          ...dict,
          nodes: [
            { name: 'a', ...spot(0, 179) },
            { name: 'b', ...spot(0, 170) },
          ],
        },
        spot(0, -179),
      )?.name,
    ).toBe('a');
  });

  test('a node stays until another is clearly nearer', () => {
    const [east, north] = dict.nodes;
    expect(nearestNode(dict, spot(66.2, 5), east)?.name).toBe('north');
    expect(nearestNode(dict, spot(65.75, 5), north)?.name).toBe('north');
    expect(nearestNode(dict, spot(65.3, 7), north)?.name).toBe('east');
  });
});

describe('the way to localized corrections', () => {
  const here = spot(53.43, -2.24);
  const tile = 'L2N5375W00125';
  const far = spot(52.02, 0.68);
  const node = { name: 'N5300W00200', ...spot(53, -2) };
  const other = { name: 'N5450W00200', ...spot(54.5, -2) };
  const dict: TileDict = { tile, prefix: `pp/ip/${tile}/`, nodes: [node, other] };
  const asking: LocalizedState = { is: 'asking', tile, sinceMonoMs: 0 };
  const onNode: LocalizedState = { is: 'node', dict, node };
  const held: LocalizedState = { is: 'continental', notBeforeMonoMs: 600_000, failedTile: tile };
  const refused: LocalizedState = { is: 'continental', notBeforeMonoMs: 3_600_000 };

  test.each<[string, LocalizedState, LocalizedEvent, LocalizedState]>([
    ['without a fix nothing is asked', NOT_LOCALIZED, { is: 'look', nowMonoMs: 0 }, NOT_LOCALIZED],
    ['with one the dictionary is', NOT_LOCALIZED, { is: 'look', spot: here, nowMonoMs: 0 }, asking],
    ['the dictionary gives the node', asking, { is: 'dict', dict, spot: here }, onNode],
    ['not without a fix', asking, { is: 'dict', dict }, asking],
    ['not one of another tile', asking, { is: 'dict', dict: { ...dict, tile: 'x' }, spot: here }, asking],
    ['it is waited for', asking, { is: 'look', spot: here, nowMonoMs: 29_999 }, asking],
    ['for 30 s', asking, { is: 'look', nowMonoMs: 30_000 }, { ...held, notBeforeMonoMs: 630_000 }],
    ['a tile without one is not asked again soon', held, { is: 'look', spot: here, nowMonoMs: 1 }, held],
    ['later it is', held, { is: 'look', spot: here, nowMonoMs: 600_000 }, { ...asking, sinceMonoMs: 600_000 }],
    [
      'another tile is at once',
      held,
      { is: 'look', spot: far, nowMonoMs: 5 },
      { is: 'asking', tile: 'L2N5125E00125', sinceMonoMs: 5 },
    ],
    ['what is refused is refused for every tile', refused, { is: 'look', spot: far, nowMonoMs: 5 }, refused],
    ['refused', onNode, { is: 'refused', nowMonoMs: 0 }, refused],
    [
      'leaving the asked tile asks for the next',
      asking,
      { is: 'look', spot: far, nowMonoMs: 9 },
      { is: 'asking', tile: 'L2N5125E00125', sinceMonoMs: 9 },
    ],
    [
      'leaving the tile keeps the node meanwhile',
      onNode,
      { is: 'look', spot: far, nowMonoMs: 9 },
      { is: 'asking', tile: 'L2N5125E00125', sinceMonoMs: 9, from: { dict, node } },
    ],
    [
      'a nearer node is changed to',
      onNode,
      { is: 'look', spot: spot(54.4, -2), nowMonoMs: 9 },
      { is: 'node', dict, node: other },
    ],
    ['one that is hardly nearer is not', onNode, { is: 'look', spot: spot(53.78, -2), nowMonoMs: 9 }, onNode],
    ['a lost fix changes nothing', onNode, { is: 'look', nowMonoMs: 9 }, onNode],
    ['a new session asks anew', asking, { is: 'session', nowMonoMs: 70_000 }, { ...asking, sinceMonoMs: 70_000 }],
    ['a new session keeps the node', onNode, { is: 'session', nowMonoMs: 9 }, onNode],
    ['a dictionary nobody waits for', onNode, { is: 'dict', dict, spot: here }, onNode],
  ])('%s', (_rule, from, event, to) => {
    expect(nextLocalized(from, event, '2')).toEqual(to);
  });

  test.each([
    [NOT_LOCALIZED, { continental: true }],
    [asking, { dict: `pp/ip/${tile}/dict`, continental: true }],
    [onNode, { node: `pp/ip/${tile}/N5300W00200`, continental: false }],
    [
      { ...asking, from: { dict, node } },
      { dict: `pp/ip/${tile}/dict`, node: `pp/ip/${tile}/N5300W00200`, continental: false },
    ],
  ] as [LocalizedState, object][])('%j wants its topics', (state, topics) => {
    expect(localizedTopics(state)).toEqual(topics);
  });
});

test('assistance topics are found by path', () => {
  expect(assistanceTopics(['/pp/ip/eu', '/pp/ubx/mga/updates', '/pp/ubx/mga', '/pp/ubx/mga;/pp/ip/eu'])).toEqual({
    full: '/pp/ubx/mga',
    updates: '/pp/ubx/mga/updates',
  });
  expect(assistanceTopics(['/pp/ip/eu'])).toEqual({});
});

describe('the end of the service', () => {
  const after = Date.UTC(2026, 9, 2);
  const silence = new WaymarkError('corrections.silent', 'nothing');
  const refusal = new WaymarkError('mqtt.refused', 'no', { evidence: { connack: 5 } });
  const thrice: SilentRun = { sessions: 3, sinceMonoMs: 0 };
  const base = {
    host: 'pp.services.u-blox.com',
    wallMs: after,
    nowMonoMs: 900_000,
    silent: thrice,
    isCertificateGood: () => true,
  };

  test.each([
    ['three silent sessions in a quarter of an hour', { error: silence }, 'corrections.ended'],
    ['on a regional broker', { error: silence, host: 'pp-eu.services.u-blox.com' }, 'corrections.ended'],
    ['two', { error: silence, silent: { sessions: 2, sinceMonoMs: 0 } }, 'corrections.silent'],
    ['within less time', { error: silence, nowMonoMs: 899_999 }, 'corrections.silent'],
    ['before the date', { error: silence, wallMs: Date.UTC(2026, 8, 30, 23, 59) }, 'corrections.silent'],
    ['on a private broker', { error: silence, host: 'broker.example' }, 'corrections.silent'],
    ['on one with a similar name', { error: silence, host: 'pp.services.u-blox.com.example' }, 'corrections.silent'],
    ['a good certificate refused', { error: refusal, silent: undefined }, 'corrections.ended'],
    ['a bad one', { error: refusal, isCertificateGood: () => false }, 'mqtt.refused'],
    [
      'another refusal',
      { error: new WaymarkError('mqtt.refused', 'no', { evidence: { connack: 4 } }) },
      'mqtt.refused',
    ],
    ['weather', { error: new WaymarkError('net.dns', 'no') }, 'net.dns'],
  ])('%s', (_rule, over, code) => {
    expect(endOfService(POINTPERFECT_MQTT_END, { ...base, ...over }).code).toBe(code);
  });

  test('silent sessions are counted from the first', () => {
    expect(oneMoreSilent(oneMoreSilent(undefined, 5), 100)).toEqual({ sessions: 2, sinceMonoMs: 5 });
  });

  test('what to change is said', () => {
    expect(endOfService(POINTPERFECT_MQTT_END, { ...base, error: silence }).hint).toContain('corrections.source');
    expect(endOfService(POINTPERFECT_MQTT_END, { ...base, error: silence }).message).toContain('2026-09-30');
  });
});
