// Certificates for tests, made in a few milliseconds each: an authority, and what it signs.
import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

type CryptoKeyPair = webcrypto.CryptoKeyPair;

cryptoProvider.set(webcrypto as never);

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** PEM texts. */
export interface Issued {
  cert: string;
  key: string;
}

export interface IssueOptions {
  name: string;
  /** Subject alternative names; IP addresses are told apart by their look. */
  hosts?: string[];
  notBeforeUtcMs?: number;
  notAfterUtcMs?: number;
  /** Another certificate for the key of that one, as a renewal often is. */
  sameKeyAs?: Issued;
}

export interface Authority {
  /** PEM. */
  ca: string;
  issue(options: IssueOptions): Promise<Issued>;
}

const keysOf = new WeakMap<Issued, CryptoKeyPair>();
const newKeys = (): Promise<CryptoKeyPair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function keyPem(keys: CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

const serialNumber = (): string => `01${randomBytes(8).toString('hex')}`;

/** A self-signed authority. Times default to from yesterday to in a year. */
export async function createAuthority(name = 'Test Authority'): Promise<Authority> {
  const keys = await newKeys();
  const now = Date.now();
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=${name}`,
    notBefore: new Date(now - 400 * DAY_MS),
    notAfter: new Date(now + 3650 * DAY_MS),
    keys: keys as never,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    ca: `${root.toString('pem')}\n`,
    async issue(options) {
      const own = (options.sameKeyAs && keysOf.get(options.sameKeyAs)) ?? (await newKeys());
      const extensions: Extension[] = [
        new BasicConstraintsExtension(false),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      ];
      if (options.hosts)
        extensions.push(
          new SubjectAlternativeNameExtension(
            options.hosts.map((value) => ({
              type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const),
              value,
            })),
          ),
        );
      const certificate = await X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: `CN=${options.name}`,
        issuer: root.subject,
        notBefore: new Date(options.notBeforeUtcMs ?? now - DAY_MS),
        notAfter: new Date(options.notAfterUtcMs ?? now + 365 * DAY_MS),
        publicKey: own.publicKey as never,
        signingKey: keys.privateKey as never,
        signingAlgorithm: ALGORITHM,
        extensions,
      });
      const issued = { cert: `${certificate.toString('pem')}\n`, key: await keyPem(own) };
      keysOf.set(issued, own);
      return issued;
    },
  };
}
