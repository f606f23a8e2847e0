import { describe, expect, test } from 'vitest';
import { type CoarsePosition, Secret } from '../../../src/core/index.js';
import {
  componentNamed,
  isZtpToken,
  type LegacyRequest,
  legacyProbeUrl,
  legacyUrl,
} from '../../../src/services/assistnow/legacy-request.js';
import { decimal, placeParameters } from '../../../src/services/assistnow/place.js';
import {
  type CurrentRequest,
  chooseData,
  componentsOf,
  currentUrl,
  reduced,
} from '../../../src/services/assistnow/request.js';

const GRAMMAR = /^-?[0-9]+(\.[0-9]+)?$/;
const place = (extra: Partial<CoarsePosition> = {}): CoarsePosition => ({
  latitudeDeg: 52.123456,
  longitudeDeg: -0.0000001,
  altitudeMslM: 101.4,
  quality: '3d',
  ageMs: 0,
  from: 'receiver',
  accuracyM: 12.2,
  ...extra,
});

describe('numbers', () => {
  test.each([0, -0, 1e-9, -1e-9, 1e21 / 1e3, 123456789.987654321, -0.5, 6_000_000])('%d has no exponent', (value) => {
    expect(decimal(value, 4)).toMatch(GRAMMAR);
  });

  test('a place is in the grammar, and less than nothing is nothing', () => {
    const values = Object.fromEntries(placeParameters(place()) ?? []);
    expect(values).toEqual({ lat: '52.1235', lon: '0.0000', alt: '101', pacc: '13' });
    for (const value of Object.values(values)) expect(value).toMatch(GRAMMAR);
  });

  test.each([
    [{ from: 'held', accuracyM: 10, ageMs: 100_000 }, '4010'],
    [{ from: 'configured', ageMs: 1e12 }, '100000'],
    [{ from: 'cell' }, '10000'],
    [{ from: 'held', ageMs: 1e12 }, '6000000'],
  ] as const)('the accuracy grows with the age of a position that may have moved: %o', (extra, pacc) => {
    const { accuracyM: _, ...bare } = place();
    expect(Object.fromEntries(placeParameters({ ...bare, ...extra }) ?? [])['pacc']).toBe(pacc);
  });

  test.each([{ latitudeDeg: 91 }, { longitudeDeg: Number.NaN }, { altitudeMslM: Number.POSITIVE_INFINITY }])(
    'a place that is none is not sent: %o',
    (extra) => {
      expect(placeParameters(place(extra))).toBeUndefined();
    },
  );
});

describe('the current service', () => {
  test.each([
    ['live', ['ulorb_l1', 'ukion', 'usvht'], 3, { orbits: 'ulorb_l1', extras: ['ukion', 'usvht'] }],
    ['live', ['ulorb_l1', 'ualm'], 3, { orbits: 'ulorb_l1', extras: [] }],
    ['live', ['ualm', 'uporb_1', 'ukion'], 3, undefined],
    ['predictive', ['ualm', 'uporb_1', 'uporb_3', 'uporb_7', 'uporb_14'], 3, { orbits: 'uporb_3', extras: ['ualm'] }],
    ['predictive', ['uporb_1', 'uporb_14'], 7, { orbits: 'uporb_1', extras: [] }],
    ['predictive', ['uporb_1', 'uporb_3', 'uporb_7', 'uporb_14'], 14, { orbits: 'uporb_14', extras: [] }],
    ['predictive', ['uporb_7'], 3, undefined],
    ['predictive', ['ualm'], 3, undefined],
    ['predictive', [], 3, undefined],
    ['live', [], 3, undefined],
  ] as const)('%s of a plan with %j and %i days', (part, allowed, days, choice) => {
    expect(chooseData(part, allowed, days)).toEqual(choice);
  });

  const request: CurrentRequest = {
    serviceUrl: 'https://as.test/Get.ashx',
    chipcode: new Secret('chipcode', 'a+b/c=='),
    data: { orbits: 'ulorb_l1', extras: ['ukion'] },
    constellations: ['gps', 'glo'],
  };

  test('the chipcode is encoded, lists have commas, the filter is a number', () => {
    expect(currentUrl({ ...request, position: place() })).toBe(
      'https://as.test/Get.ashx?chipcode=a%2Bb%2Fc%3D%3D&gnss=gps,glo&data=ulorb_l1,ukion&lat=52.1235&lon=0.0000&alt=101&pacc=13&filteronpos=1',
    );
    expect(currentUrl({ ...request, serviceUrl: 'https://as.test/x?v=1' })).toContain('/x?v=1&chipcode=');
  });

  test.each(['http://as.test/x', 'https://', 'https://as.test/x#f', 'javascript:1', 'https://a b/'])(
    'no other address than https is asked: %s',
    (serviceUrl) => {
      expect(() => currentUrl({ ...request, serviceUrl })).toThrow(
        expect.objectContaining({ code: 'assist.invalid-request' }),
      );
    },
  );

  test('components are left out one by one, the orbits never', () => {
    const whole = { ...request, position: place() };
    expect(componentsOf(whole)).toEqual(['position', 'extras', 'constellations']);
    const least = reduced(whole, ['position', 'extras', 'constellations']);
    expect(componentsOf(least)).toEqual([]);
    expect(currentUrl(least)).toBe('https://as.test/Get.ashx?chipcode=a%2Bb%2Fc%3D%3D&gnss=gps&data=ulorb_l1');
    expect(componentsOf(reduced(whole, ['position']))).toEqual(['extras', 'constellations']);
  });
});

describe('the legacy service', () => {
  const request: LegacyRequest = {
    token: new Secret('location-token', 'tok+en'),
    kind: 'online',
    constellations: ['gps', 'gal'],
    days: 7,
    position: place(),
  };

  test('parameters are joined by semicolons, the token first', () => {
    expect(legacyUrl('https://l.test', request)).toBe(
      'https://l.test/GetOnlineData.ashx?token=tok%2Ben;gnss=gps,gal;datatype=eph,alm,aux,pos;format=mga;lat=52.1235;lon=0.0000;alt=101;pacc=13;filteronpos',
    );
    expect(legacyUrl('https://l.test', { ...request, position: undefined, latencyS: 2, timeAccuracyS: 0.5 })).toBe(
      'https://l.test/GetOnlineData.ashx?token=tok%2Ben;gnss=gps,gal;datatype=eph,alm,aux;format=mga;latency=2.0;tacc=0.5',
    );
    expect(legacyUrl('https://l.test/', { ...request, kind: 'offline' })).toBe(
      'https://l.test/GetOfflineData.ashx?token=tok%2Ben;gnss=gps,gal;days=7;format=mga',
    );
  });

  test('the semicolons reach the server as they are', () => {
    expect(new URL(legacyUrl('https://l.test/own/path', request)).search).toMatch(/^\?token=tok%2Ben;gnss=gps,gal;/);
    expect(new URL(legacyUrl('https://l.test/own/path', request)).pathname).toBe('/own/path');
  });

  test('the probe is the smallest known-good request', () => {
    const { token } = request;
    expect(legacyProbeUrl('https://l.test', 'online', token)).toBe(
      'https://l.test/GetOnlineData.ashx?token=tok%2Ben;format=mga',
    );
    expect(legacyProbeUrl('https://l.test', 'offline', token)).toBe(
      'https://l.test/GetOfflineData.ashx?token=tok%2Ben;gnss=gps;days=1;format=mga',
    );
  });

  test('a UUID is a ZTP token, whatever its case', () => {
    const is = (text: string) => isZtpToken(new Secret('location-token', text));
    expect(is('01234567-89ab-cdef-0123-456789abcdef')).toBe(true);
    expect(is('01234567-89AB-CDEF-0123-456789ABCDEF')).toBe(true);
    expect(is('kUz3Pq0xZEWs5vJb9y1mTg')).toBe(false);
  });

  test('the parameter a refusal names is found', () => {
    expect(componentNamed('Invalid GNSS list')).toBe('gnss');
    expect(componentNamed('datatype unknown')).toBe('datatype');
    expect(componentNamed('Bad request')).toBeUndefined();
  });
});
