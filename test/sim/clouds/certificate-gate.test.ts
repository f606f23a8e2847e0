import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createClock } from '../../../src/core/index.js';
import { ALERT, createHandshakeReader, type Finding } from '../../../src/sim/clouds/certificate-gate.js';
import { openPki } from '../../../src/sim/clouds/pki.js';
import { scratch } from './helpers.js';

const u24 = (n: number): Buffer => Buffer.from([n >> 16, (n >> 8) & 255, n & 255]);
const message = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([type]), u24(body.length), body]);
const record = (type: number, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type, 3, 3, body.length >> 8, body.length & 255]), body]);
const certificates = (...ders: Buffer[]): Buffer => {
  const list = Buffer.concat(ders.flatMap((der) => [u24(der.length), der]));
  return message(11, Buffer.concat([u24(list.length), list]));
};
const HELLO = message(1, Buffer.alloc(180, 7));

const makeCertificate = async (): Promise<X509Certificate> => {
  const pki = await openPki(scratch(), createClock());
  return new X509Certificate((await pki.issueClient('gw')).certificate);
};

function feed(bytes: Buffer, size: number, judge: (c: X509Certificate) => 48 | undefined): Finding[] {
  const reader = createHandshakeReader(judge);
  const out: Finding[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    out.push(reader.push(bytes.subarray(at, at + size)));
    if (out.at(-1) !== 'more') break;
  }
  return out;
}

describe('the reader of a client’s handshake', () => {
  test('finds the certificate however the bytes are cut and the messages are spread over records', async () => {
    const certificate = await makeCertificate();
    const flight = certificates(certificate.raw, Buffer.alloc(40));
    const bytes = Buffer.concat([
      record(22, HELLO),
      record(22, flight.subarray(0, 100)),
      record(22, flight.subarray(100)),
    ]);
    for (const size of [1, 2, 5, 7, 64, bytes.length]) {
      const seen: string[] = [];
      const findings = feed(bytes, size, (c) => {
        seen.push(c.subject);
        return ALERT.unknownCa;
      });
      expect(seen).toEqual(['CN=gw']);
      expect(findings.at(-1)).toEqual({ alert: ALERT.unknownCa });
    }
  });

  test('a welcome certificate ends the search', async () => {
    const { raw } = await makeCertificate();
    expect(feed(record(22, certificates(raw)), 4096, () => undefined)).toEqual(['done']);
  });

  test('an empty certificate list is left to the TLS engine', () => {
    expect(feed(record(22, certificates()), 4096, () => ALERT.unknownCa)).toEqual(['done']);
  });

  test('a damaged certificate is alert "bad certificate"', () => {
    const findings = feed(record(22, certificates(Buffer.alloc(30, 1))), 4096, () => undefined);
    expect(findings).toEqual([{ alert: ALERT.badCertificate }]);
  });

  test('once records are encrypted, or were never TLS, nothing is looked for', () => {
    expect(feed(Buffer.concat([record(22, HELLO), record(20, Buffer.from([1]))]), 4096, () => 48)).toEqual(['done']);
    expect(feed(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 4096, () => 48)).toEqual(['done']);
  });

  test('a message announced beyond any handshake is not waited for', () => {
    expect(feed(record(22, Buffer.from([11, 255, 255, 255, 0])), 4096, () => 48)).toEqual(['done']);
  });
});
