import { describe, expect, test } from 'vitest';
import { checkRtcm, rtcmGroup, rtcmMessage, sealRtcm } from '../../../src/sim/receiver/index.js';

/** The example of the standard: message 1005, station 2003. */
const EXAMPLE = Buffer.from('d300133ed7d30202980edeef34b4bd62ac0941986f33360b98', 'hex');

describe('RTCM 3 frames', () => {
  test('the example of the standard is a frame, with its number and station', () => {
    const check = checkRtcm(EXAMPLE);
    expect(check).toMatchObject({ is: 'frame', frame: { number: 1005, station: 2003 } });
    expect(check.is === 'frame' && check.frame.bytes.length).toBe(EXAMPLE.length);
  });

  test('sealed again, its payload gives the same bytes', () => {
    expect(Buffer.from(sealRtcm(EXAMPLE.subarray(3, -3))).toString('hex')).toBe(EXAMPLE.toString('hex'));
  });

  test('every beginning of a frame asks for more', () => {
    for (let length = 1; length < EXAMPLE.length; length++)
      expect(checkRtcm(EXAMPLE.subarray(0, length)), `${length} bytes`).toEqual({ is: 'more' });
  });

  test.each([
    ['another first byte', 0, { is: 'bad', why: 'header' }],
    ['a reserved bit set', 1, { is: 'bad', why: 'header' }],
    ['a payload bit changed', 9, { is: 'bad', why: 'check', number: 1005 }],
    ['a check bit changed', 24, { is: 'bad', why: 'check', number: 1005 }],
  ])('%s is refused', (_, at, verdict) => {
    const bytes = Buffer.from(EXAMPLE);
    bytes[at] = bytes[at]! ^ 0x04;
    expect(checkRtcm(bytes)).toEqual(verdict);
  });

  test.each([0, 1, 2])('a payload of %d bytes is a frame', (length) => {
    expect(checkRtcm(sealRtcm(new Uint8Array(length))).is).toBe('frame');
  });

  test('the longest payload is a frame', () => {
    const check = checkRtcm(rtcmMessage(1077, 1, 1023));
    expect(check.is === 'frame' && check.frame.bytes.length).toBe(1029);
  });

  test.each([
    [1005, 'station'],
    [1006, 'station'],
    [1074, 'msm-gps'],
    [1077, 'msm-gps'],
    [1084, 'msm-glo'],
    [1097, 'msm-gal'],
    [1127, 'msm-bds'],
    [1071, undefined],
    [1078, undefined],
    [1033, undefined],
    [1230, undefined],
    [4072, undefined],
  ])('message %d adds %s', (number, group) => {
    expect(rtcmGroup(number)).toBe(group);
  });
});
