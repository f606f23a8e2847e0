// Degrees to metres around the median, and a scale that one wild point does not spoil.
import { expect, test } from 'vitest';
import { roundUp, scatterOf } from '../../../src/status/page/scatter.js';
import { bytes, inWords, metres, sentence } from '../../../src/status/page/words.js';

const at = (latitudeDeg: number, longitudeDeg: number) => ({
  atMs: 0,
  latitudeDeg,
  longitudeDeg,
  quality: 'rtk_fixed',
});

test('no positions make no picture', () => expect(scatterOf([])).toBeUndefined());

test('metres east and north of the median, narrower towards the poles', () => {
  const points = scatterOf([at(60, 10), at(60.00001, 10), at(60, 10.00001)])?.points ?? [];
  expect(points[1]?.northM).toBeCloseTo(1.113, 2);
  expect(points[2]?.eastM).toBeCloseTo(0.557, 2);
});

test('the date line parts nothing', () => {
  const scatter = scatterOf([at(0, 179.99999), at(0, -179.99999), at(0, 180)]);
  expect(Math.max(...(scatter?.points ?? []).map(({ eastM }) => Math.abs(eastM)))).toBeLessThan(2);
});

test('one wild point does not shrink the others to a dot', () => {
  const near = Array.from({ length: 99 }, (_, i) => at(48 + (i % 3) * 1e-7, 16));
  expect(scatterOf([...near, at(49, 16)])?.halfM).toBeLessThan(0.1);
});

test.each([
  [0.0123, 0.02],
  [0.2, 0.2],
  [3.1, 5],
  [700, 1000],
])('%d m is rounded up to %d m', (value, round) => expect(roundUp(value)).toBeCloseTo(round, 9));

test('numbers as a person says them', () => {
  expect([metres(0.014), metres(0.5), metres(2.34), metres(1500)]).toEqual(['1.4 cm', '50 cm', '2.3 m', '1.5 km']);
  expect([bytes(999), bytes(1500), bytes(2.5e8)]).toEqual(['999 B', '1.5 kB', '250 MB']);
  expect([inWords(400), inWords(9000)]).toEqual(['now', 'in\u00a09\u00a0s']);
  expect([sentence('ntrip to localhost'), sentence('home, LTE')]).toEqual(['NTRIP to localhost', 'Home, LTE']);
});
