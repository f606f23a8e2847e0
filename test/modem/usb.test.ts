import { describe, expect, test } from 'vitest';
import type { TtyPort } from '../../src/link/index.js';
import { roleOf } from '../../src/modem/index.js';

const port = (id: string, interfaceNumber?: number): TtyPort => {
  const [vendorId = '', productId = ''] = id.split(':');
  return {
    name: 'ttyUSB0',
    path: '/dev/ttyUSB0',
    usb: { vendorId, productId, busPath: '1-1', ...(interfaceNumber === undefined ? {} : { interfaceNumber }) },
  };
};

describe('roleOf', () => {
  test.each([
    ['1bc7:1201', 0, 'diag'],
    ['1bc7:1201', 3, 'nmea'],
    ['1bc7:1201', 4, 'at'],
    ['1bc7:1201', 5, 'at2'],
    ['1bc7:1201', 6, 'ignore'],
    ['2c7c:0125', 1, 'nmea'],
    ['2c7c:0125', 2, 'at'],
    ['1e0e:9001', 4, 'audio'],
    ['1546:01a9', 0, 'gnss'],
  ])('%s interface %i is %s', (id, number, role) => {
    expect(roleOf(port(id, number))?.role).toBe(role);
  });

  test('an interface that the layout of a known device does not name is left alone', () => {
    expect(roleOf(port('1bc7:1201', 9))?.role).toBe('ignore');
    expect(roleOf(port('1bc7:1201'))?.role).toBe('ignore');
  });

  test('a receiver has one port and needs no interface number, and has no profile', () => {
    expect(roleOf(port('1546:01a9'))?.role).toBe('gnss');
    expect(roleOf(port('1546:01a9', 0))?.profile).toBeUndefined();
    expect(roleOf(port('1bc7:1201', 4))?.profile?.vendor).toBe('telit');
  });

  test('every port of a module in its download mode is left alone', () => {
    const known = roleOf(port('1bc7:9010', 0));
    expect(known?.role).toBe('ignore');
    expect(known?.layout.isDownloadMode).toBe(true);
  });

  test('devices that nobody listed, and ports that are not on USB, are unknown', () => {
    expect(roleOf(port('10c4:ea60', 0))).toBeUndefined();
    expect(roleOf({ name: 'ttyS0', path: '/dev/ttyS0' })).toBeUndefined();
  });
});
