// Names and grids of the localized distribution (specs/ublox.md 2.3).
import { describe, expect, test } from 'vitest';
import {
  dictionaryOf,
  isCovered,
  localizedTopicOf,
  nodesOf,
  placeName,
  tileAt,
  tileName,
} from '../../../src/sim/clouds/localized-tiles.js';

const ENDPOINT = 'localhost:8883';

describe('a tile', () => {
  test.each([
    [2, 53.43, -2.24, 'L2N5375W00125'],
    [2, 52.02, 0.68, 'L2N5125E00125'],
    [0, 47.28, 8.56, 'L0N4500E00500'],
    [5, -33.87, 151.2, 'L5S3375E15125'],
    [1, 0.0, -0.001, 'L1N0250W00250'],
    [3, 47.28, 8.56, 'L3N4500E00500'],
    [4, -0.001, 0, 'L4S0250E00250'],
  ])('of level %i at %f, %f is %s', (level, lat, lon, name) => {
    expect(tileName(tileAt(level, lat, lon))).toBe(name);
    expect(localizedTopicOf(`pp/ip/${name}/dict`)).toEqual(tileAt(level, lat, lon));
  });

  test.each([
    '/pp/ip/L2N5375W00125/dict',
    'pp/ip/L6N5375W00125/dict',
    'pp/ip/L2N5343W00224/dict',
    'pp/ip/L2N5250W00125/dict',
    'pp/ip/L0N5375W00125/dict',
    'pp/ip/L2N05375W00125/dict',
    'pp/ip/L2N5375W125/dict',
    'pp/ip/L2n5375w00125/dict',
    'pp/ip/L2N9875W00125/dict',
    'pp/ip/L2N5375E19875/dict',
    'pp/ip/L2N5375W00125/Dict',
    'pp/ip/L2N5375W00125/N0000E00000',
    'pp/ip/L2N5375W00125/N5200W00300/x',
    'pp/ip/L2N5375W00125/',
    'pp/ip/L2N5375W00125',
    'pp/ip/+/dict',
    'pp/Lb/L2N5375W00125/dict',
  ])('%s is no localized topic', (topic) => {
    expect(localizedTopicOf(topic)).toBeUndefined();
  });
});

describe('its dictionary', () => {
  test('names tile, prefix, nodes and broker', () => {
    const tile = tileAt(2, 53.43, -2.24);
    const said = JSON.parse(dictionaryOf(tile, ENDPOINT) ?? '') as Record<string, unknown>;
    expect(said).toEqual({
      tile: 'L2N5375W00125',
      nodeprefix: 'pp/ip/L2N5375W00125/',
      nodes: expect.arrayContaining(['N5200W00300', 'N5500E00000']),
      endpoint: ENDPOINT,
    });
    for (const node of said['nodes'] as string[])
      expect(localizedTopicOf(`${String(said['nodeprefix'])}${node}`)?.node).toBe(node);
  });

  test('has nodes on every side of any place in it, farther apart on the sparse levels', () => {
    for (const level of [0, 1, 2, 3, 4, 5]) {
      const step = level < 3 ? 100 : 25;
      for (const [lat, lon] of [
        [50, 10],
        [52.49, 12.49],
        [-33.87, 151.2],
        [40.01, -100.3],
      ] as const) {
        const nodes = nodesOf(tileAt(level, lat, lon));
        for (const around of [Math.floor, Math.ceil]) {
          const near = placeName(around((lat * 100) / step) * step, around((lon * 100) / step) * step);
          expect(nodes).toContain(near);
        }
      }
    }
  });

  test('is about 25 kB at its largest', () => {
    const bytes = dictionaryOf(tileAt(3, 50, 10), ENDPOINT)?.length ?? 0;
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(26_000);
  });

  test('does not exist where the service has no nodes', () => {
    const atlantic = tileAt(2, 0.5, -25);
    expect([isCovered(atlantic), nodesOf(atlantic), dictionaryOf(atlantic, ENDPOINT)]).toEqual([false, [], undefined]);
  });
});
