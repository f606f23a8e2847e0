import { createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createRecordCounter, sealAlert, trafficSecretOf } from '../../../src/sim/clouds/late-alert.js';

describe('the record counter', () => {
  test('counts application data the same however the bytes are cut', () => {
    const record = (type: number, length: number): Buffer =>
      Buffer.concat([Buffer.from([type, 3, 3, length >> 8, length & 255]), Buffer.alloc(length, 23)]);
    const bytes = Buffer.concat([record(22, 300), record(20, 1), record(23, 700), record(23, 0), record(23, 5)]);
    for (const size of [1, 2, 3, 5, 6, 301, bytes.length]) {
      const counter = createRecordCounter();
      for (let at = 0; at < bytes.length; at += size) counter.push(bytes.subarray(at, at + size));
      expect(counter.applicationData).toBe(3);
    }
  });
});

describe('a sealed alert', () => {
  test('opens with the key and nonce of its place in the stream only', () => {
    const secret = randomBytes(32);
    const expand = (label: string, length: number): Buffer => {
      const info = Buffer.concat([Buffer.from([0, length, label.length]), Buffer.from(label), Buffer.from([0, 1])]);
      return createHmac('sha256', secret).update(info).digest().subarray(0, length);
    };
    const open = (record: Buffer, sequence: number): Buffer => {
      const nonce = expand('tls13 iv', 12);
      nonce[11] = (nonce[11] as number) ^ sequence;
      const decipher = createDecipheriv('aes-128-gcm', expand('tls13 key', 16), nonce);
      decipher.setAAD(record.subarray(0, 5));
      decipher.setAuthTag(record.subarray(-16));
      return Buffer.concat([decipher.update(record.subarray(5, -16)), decipher.final()]);
    };
    const record = sealAlert(secret, 2, 48);
    expect(open(record, 2)).toEqual(Buffer.from([2, 48, 21]));
    expect(() => open(record, 1)).toThrow();
  });
});

describe('a key log line', () => {
  test('gives the server’s application secret, other lines and garbage give nothing', () => {
    expect(trafficSecretOf('SERVER_TRAFFIC_SECRET_0 ab cd\n')).toEqual({
      clientRandom: 'ab',
      secret: Buffer.from('cd', 'hex'),
    });
    for (const line of ['CLIENT_TRAFFIC_SECRET_0 ab cd', 'SERVER_TRAFFIC_SECRET_0 ab', ''])
      expect(trafficSecretOf(line)).toBeUndefined();
  });
});
