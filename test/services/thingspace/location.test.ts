import { describe, expect, test } from 'vitest';
import { scrubber } from '../../../src/core/index.js';
import { asyncLocationBody, readLocationCallback } from '../../../src/services/index.js';
import { fixTime, locationBody, readLocations } from '../../../src/services/thingspace/location.js';

const MDN = '7892345678';
const GOOD = { time: '20170520004421', utcoffset: '-0400', x: '33.45324', y: '-84.59621', radius: '5571', qos: false };
const read = (list: unknown) => readLocations(Buffer.from(JSON.stringify(list)), `+1${MDN}`);
const one = (pd: object, more: object = { error: {} }) => read([{ msid: MDN, pd, ...more }]);

describe('the answer', () => {
  test('x is the latitude, y the longitude, all as texts', () => {
    expect(one(GOOD)).toEqual({
      is: 'position',
      mdn: MDN,
      position: {
        source: 'carrier-cell',
        latitudeDeg: 33.45324,
        longitudeDeg: -84.59621,
        radiusM: 5571,
        fixUtcMs: Date.UTC(2017, 4, 20, 4, 44, 21),
        isRequestedAccuracy: false,
      },
    });
  });

  test('the device is found by the last ten digits of its number', () => {
    const answer = read([
      { msid: '1111111111', pd: { ...GOOD, x: '1' } },
      { msid: `1${MDN}`, pd: GOOD },
    ]);
    expect(answer).toMatchObject({ is: 'position', position: { latitudeDeg: 33.45324 } });
    expect(read([{ msid: '1111111111', pd: GOOD }])).toMatchObject({ is: 'malformed' });
  });

  test('a 200 may be a failure', () => {
    const error = { time: '20170525214342', type: 'POSITION METHOD FAILURE', info: 'Exception code=ABSENT SUBSCRIBER' };
    expect(one({}, { error })).toMatchObject({ is: 'failure', isAbsent: true });
    expect(one({}, { error: { type: 'OTHER', info: '' } })).toMatchObject({ is: 'failure', isAbsent: false });
  });

  test('a secret at the edge of what is shown of a failure leaves nothing of itself', () => {
    const secret = 'edge-of-the-info-776655';
    scrubber.register('password', secret);
    const info = `${'x'.repeat(110)} ${secret}`;
    expect(JSON.stringify(one({}, { error: { type: info, info } }))).not.toContain(secret.slice(0, 6));
  });

  test.each([
    ['latitude beyond the pole', { ...GOOD, x: '90.1' }],
    ['longitude beyond the date line', { ...GOOD, y: '-180.5' }],
    ['zero and zero', { ...GOOD, x: '0', y: '0.0' }],
    ['no radius', { x: '1', y: '1' }],
    ['a radius of nothing', { ...GOOD, radius: '0' }],
    ['words', { ...GOOD, x: 'north' }],
    ['infinity', { ...GOOD, x: '1e999' }],
    ['nothing', {}],
  ])('%s is no position', (_name, pd) => {
    expect(one(pd).is).toBe('malformed');
  });

  test.each([['null'], ['{}'], ['[null,1,"x"]'], ['<html>'], [''], ['[{"__proto__":{"msid":"7892345678"}}]']])(
    'rubbish %s is told as such',
    (text) => {
      expect(readLocations(Buffer.from(text), MDN).is).toBe('malformed');
    },
  );
});

describe('the time of the fix', () => {
  const NOON = Date.UTC(2026, 0, 2, 12);
  test.each([
    [undefined, 0],
    ['', 0],
    ['+0530', -330],
    ['+05:30', -330],
    ['-06:00', 360],
    ['-6', 360],
    ['+1', -60],
    ['330', -330],
    [-300, 300],
    ['+9999', 0],
    ['somewhere', 0],
  ])('offset %s', (offset, minutes) => {
    expect(fixTime('20260102120000', offset)).toBe(NOON + minutes * 60_000);
  });

  test.each([['2026010212000'], ['20260231120000'], ['20261302120000'], [''], [20260102120000], [undefined]])(
    '%s is none',
    (time) => {
      expect(fixTime(time, '')).toBeUndefined();
    },
  );
});

describe('the request', () => {
  test('modes are texts, and the three names of the device are all there', () => {
    expect(JSON.parse(locationBody('0000123456-00001', { imei: '356938035643809', mdn: '+17892345678' }, '1'))).toEqual(
      {
        accountName: '0000123456-00001',
        accuracyMode: '0',
        cacheMode: '1',
        deviceList: [{ id: '356938035643809', kind: 'imei', mdn: MDN }],
      },
    );
  });

  test('the asynchronous form and what comes to its callback', () => {
    const body = asyncLocationBody('0000123456-00001', [{ imei: '1', mdn: MDN }], {
      accuracyMode: '0',
      cacheMode: '2',
      maxAgeSeconds: 60,
    });
    expect(JSON.parse(body)).toMatchObject({ cacheMode: '2', maxLocAge: '60' });
    const callback = { txid: 't-1', devLocationList: [{ msid: MDN, pd: GOOD }, null] };
    expect(readLocationCallback(Buffer.from(JSON.stringify(callback)))).toMatchObject({
      txid: 't-1',
      devices: [{ is: 'position' }],
    });
    expect(readLocationCallback(Buffer.from('{"txid":"t"}'))).toBeUndefined();
    expect(readLocationCallback(Buffer.from('{'))).toBeUndefined();
  });
});
