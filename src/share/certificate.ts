// The certificate of a shared page: made for this time only, for the address it is shown at; its fingerprint is printed,
// so that a person can compare it with what the browser says.
import 'reflect-metadata';

import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

export interface ShareCertificate {
  certificate: string;
  /** PKCS#8, PEM; it is never written anywhere. */
  privateKey: string;
  /** SHA-256 over the DER form, `AB:CD:…`. */
  fingerprint: string;
}

export async function makeCertificate(host: string, utcMs: number): Promise<ShareCertificate> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    // A leading zero digit would change how it is spelled.
    serialNumber: `4${randomBytes(15).toString('hex').slice(1)}`,
    name: 'CN=Waymark shared page',
    // A phone and a gateway seldom agree on the minute.
    notBefore: new Date(utcMs - DAY_MS),
    notAfter: new Date(utcMs + 2 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }]),
    ],
  });
  const certificate = `${made.toString('pem')}\n`;
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificate,
    privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      .export({ format: 'pem', type: 'pkcs8' })
      .toString(),
    fingerprint: new X509Certificate(certificate).fingerprint256,
  };
}
