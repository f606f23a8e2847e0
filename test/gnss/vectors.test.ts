// The byte vectors of the fact sheet, one test a rule.
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/index.js';
import {
  createFramer,
  gpsTimeOf,
  parseAck,
  parseMonVer,
  parseRxmCor,
  parseSpartnHeader,
  rtcmType,
  spartnKeyFrame,
  UBX,
  ubxFrame,
  valsetFrame,
} from '../../src/gnss/index.js';
import { rtcm, spartn, ubx } from './frames.js';
import { spartnKeysIn } from './spartn-keys.js';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const bytes = (text: string): Buffer => Buffer.from(text, 'hex');

describe('UBX polls', () => {
  test.each([
    ['SEC-UNIQID', UBX.secUniqid, 'b562270300002aa5'],
    ['MON-VER', UBX.monVer, 'b5620a0400000e34'],
    ['NAV-PVT', UBX.navPvt, 'b562010700000819'],
    ['NAV-STATUS', UBX.navStatus, 'b56201030000040d'],
  ])('%s', (_, id, wire) => {
    expect(hex(ubxFrame(id))).toBe(wire);
  });
});

describe('UBX configuration', () => {
  test('acknowledging aiding', () => {
    expect(hex(valsetFrame([{ key: 0x10110025, value: 1 }]))).toBe('b562068a0900000100002500111001e13e');
  });

  test('the USB and UART1 sets: SPARTN in, UBX out, source IP, RXM-COR, NAV-PVT', () => {
    const set = (inSpartn: number, outUbx: number, cor: number, pvt: number): string =>
      hex(
        valsetFrame([
          { key: inSpartn, value: 1 },
          { key: outUbx, value: 1 },
          { key: 0x20a70001, value: 0 },
          { key: cor, value: 1 },
          { key: pvt, value: 1 },
        ]),
      );
    expect(set(0x10770005, 0x10780001, 0x209106b9, 0x20910009)).toBe(
      'b562068a1d0000010000050077100101007810010100a72000b9069120010900912001b9f5',
    );
    expect(set(0x10730005, 0x10740001, 0x209106b7, 0x20910007)).toBe(
      'b562068a1d0000010000050073100101007410010100a72000b7069120010700912001ad33',
    );
  });

  test('a value takes the size its key says', () => {
    expect(hex(valsetFrame([{ key: 0x40520001, value: 115_200 }])).slice(20, 36)).toBe('0100524000c20100');
    expect(() => valsetFrame([{ key: 0x70520001, value: 1 }])).toThrow(RangeError);
  });

  test('ACK and NAK name the message they answer', () => {
    expect(parseAck(bytes('b56205010200068a98c1'))).toEqual({ accepted: true, of: UBX.cfgValset });
    expect(parseAck(bytes('b56205000200068a97bc'))).toEqual({ accepted: false, of: UBX.cfgValset });
    expect(parseAck(ubxFrame(UBX.monVer))).toBeUndefined();
  });
});

describe('UBX-RXM-COR', () => {
  test('used and decrypted', () => {
    expect(parseRxmCor(bytes('b56202340c000100000022ffffaf00000000124e'))).toMatchObject({
      protocol: 'spartn',
      hasError: false,
      isUsed: true,
      isEncrypted: true,
      isDecrypted: true,
    });
  });

  test('not used because the key is wrong or missing', () => {
    expect(parseRxmCor(bytes('b56202340c0001000000a2feff6f01000000520b'))).toEqual({
      protocol: 'spartn',
      hasError: false,
      isUsed: false,
      isEncrypted: true,
      isDecrypted: false,
      messageType: 1,
      messageSubtype: 0,
    });
  });

  test('another version or message is no report', () => {
    expect(parseRxmCor(ubx(0x02, 0x34, Buffer.alloc(12)))).toBeUndefined();
    expect(parseRxmCor(ubx(0x02, 0x36, Buffer.alloc(12, 1)))).toBeUndefined();
  });
});

const KEYS = ['00112233445566778899aabbccddeeff', 'ffeeddccbbaa99887766554433221100'];
const STARTS = [1668815982000, 1671235182000];
const keys = KEYS.map((value, i) => ({
  startUtcMs: STARTS[i]!,
  durationMs: 2419199999,
  value: new Secret('spartn-key', value),
}));

describe('UBX-RXM-SPARTNKEY', () => {
  test('two keys make the known 60 bytes', () => {
    expect(hex(spartnKeyFrame(keys, 18))).toBe(
      'b56202363400010200000010bc0800e907000010c00800e9070000112233445566778899aabbccddeeffffeeddccbbaa99887766554433221100ebde',
    );
  });

  test('key starts are GPS midnights only when the leap seconds are added', () => {
    expect(gpsTimeOf(STARTS[0]!, 18)).toEqual({ week: 2236, towS: 518400 });
    expect(gpsTimeOf(STARTS[1]!, 18)).toEqual({ week: 2240, towS: 518400 });
  });

  test('the way back subtracts the leap seconds again', () => {
    const wanted = STARTS.map((startUtcMs, i) => ({ startUtcMs, valueHex: KEYS[i] }));
    expect(spartnKeysIn(spartnKeyFrame(keys, 18)!, 18)).toEqual(wanted);
    expect(spartnKeysIn(spartnKeyFrame(keys, 27)!, 27)).toEqual(wanted);
  });

  test('one known key makes a frame with one key', () => {
    const frame = spartnKeyFrame(keys.slice(0, 1), 18)!;
    expect(frame.length).toBe(8 + 4 + 8 + 16);
    expect(spartnKeysIn(frame, 18)).toHaveLength(1);
  });

  test('a third key and a malformed one are left out, and none at all makes no frame', () => {
    const bad = { ...keys[0]!, value: new Secret('spartn-key', 'not hexadecimal at all') };
    expect(hex(spartnKeyFrame([...keys, ...keys], 18))).toBe(hex(spartnKeyFrame(keys, 18)));
    expect(hex(spartnKeyFrame([bad, ...keys], 18))).toBe(hex(spartnKeyFrame(keys, 18)));
    expect(spartnKeyFrame([bad], 18)).toBeUndefined();
    expect(spartnKeyFrame([], 18)).toBeUndefined();
  });
});

describe('MON-VER', () => {
  const padded = (text: string, size: number): Buffer => Buffer.concat([Buffer.from(text, 'latin1')], size);

  test('the model is found among the extensions', () => {
    const frame = ubx(
      0x0a,
      0x04,
      Buffer.concat([
        padded('EXT CORE 1.00 (61ace9)', 30),
        padded('00190000', 10),
        padded('ROM BASE 0x118B2060', 30),
        padded('FWVER=HPG 1.50', 30),
        padded('PROTVER=27.50', 30),
        padded('MOD=ZED-F9P', 30),
      ]),
    );
    expect(parseMonVer(frame)).toEqual({
      software: 'EXT CORE 1.00 (61ace9)',
      hardware: '00190000',
      model: 'ZED-F9P',
      firmware: 'HPG 1.50',
      protocol: '27.50',
    });
  });

  test('bytes that are not printable do not reach anything that shows text', () => {
    const frame = ubx(
      0x0a,
      0x04,
      Buffer.concat([padded('a\u001b[2Jb', 30), padded('', 10), padded('MOD=\u0007x', 30)]),
    );
    expect(parseMonVer(frame)).toEqual({ software: 'a?[2Jb', hardware: '', model: '?x' });
  });
});

describe('SPARTN headers', () => {
  test('every field is read from where it stands', () => {
    const frame = spartn({
      messageType: 1,
      subtype: 2,
      payload: Buffer.alloc(561, 1),
      timeTag: { bits: 32, value: 4_000_000_001 },
      solutionId: 101,
      processorId: 11,
      encrypted: { id: 9, sequence: 61, indicator: 2, lengthCode: 3 },
    });
    expect(parseSpartnHeader(frame)).toEqual({
      messageType: 1,
      subtype: 2,
      payloadBytes: 561,
      isEncrypted: true,
      crcBytes: 3,
      timeTagBits: 32,
      timeTag: 4_000_000_001,
      solutionId: 101,
      processorId: 11,
      encryptionId: 9,
      sequence: 61,
      authenticationIndicator: 2,
      authenticationBytes: 32,
      totalBytes: frame.length,
    });
  });

  test('the short form: 16-bit tag, no encryption', () => {
    const frame = spartn({
      messageType: 120,
      payload: Buffer.alloc(8),
      timeTag: { bits: 16, value: 43_195 },
      crcType: 0,
    });
    expect(parseSpartnHeader(frame)).toEqual({
      messageType: 120,
      subtype: 0,
      payloadBytes: 8,
      isEncrypted: false,
      crcBytes: 1,
      timeTagBits: 16,
      timeTag: 43_195,
      solutionId: 5,
      processorId: 12,
      totalBytes: frame.length,
    });
  });

  test('bytes that are no header give nothing', () => {
    expect(parseSpartnHeader(Buffer.alloc(20, 0x73))).toBeUndefined();
    expect(parseSpartnHeader(Buffer.from('s'))).toBeUndefined();
    expect(parseSpartnHeader(Buffer.alloc(0))).toBeUndefined();
  });
});

describe('RTCM 3', () => {
  test('the message number is the first twelve bits of the payload', () => {
    expect(rtcmType(rtcm(1077))).toBe(1077);
    expect(rtcmType(rtcm(4072))).toBe(4072);
    expect(rtcmType(Buffer.from([0xd3, 0, 0, 0x47, 0xea, 0x4b]))).toBeUndefined();
  });
});

describe('the framer', () => {
  test('takes every UBX vector of the sheet whole, the aiding acknowledgements included', () => {
    const wires = [
      'b562270300002aa5',
      'b5620a0400000e34',
      'b56202340c000100000022ffffaf00000000124e',
      'b56202340c0001000000a2feff6f01000000520b',
      'b562068a0900000100002500111001e13e',
      'b56205010200068a98c1',
      'b56205000200068a97bc',
      'b562136008000100004010000012deee',
      'b5621360080000000100010002007f62',
    ];
    const found: string[] = [];
    createFramer({ protocols: ['ubx'], onFrame: (_, frame) => found.push(hex(frame)) }).push(bytes(wires.join('')));
    expect(found).toEqual(wires);
  });
});
