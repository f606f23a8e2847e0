// The simulated clouds' own certificate authority. It lives in the state directory, so that an identity the agent kept
// from an earlier start is still accepted. What is issued has P-256 keys.
import 'reflect-metadata';

import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Clock } from '../../core/index.js';
import { readIfThere, writePrivate } from './files.js';

/** A certificate and the key that belongs to it, PEM. */
export interface KeyPairPem {
  certificate: string;
  /** PKCS#8. */
  privateKey: string;
}

/** `serial` is upper-case hex, as node's X509Certificate spells it. */
export interface IssuedClient extends KeyPairPem {
  serial: string;
}

/** What a server shows of itself: its own certificate, or one that a client has to refuse. */
export const SERVER_FACES = ['normal', 'wrong-name', 'expired', 'foreign'] as const;
export type ServerFace = (typeof SERVER_FACES)[number];

export interface Pki {
  readonly caPem: string;
  readonly caFile: string;
  server(face: ServerFace): Promise<KeyPairPem>;
  /** Issues a client certificate. `notAfterMs` (ms since 1970 UTC) defaults to ten years of the simulation's time. */
  issueClient(commonName: string, options?: { notAfterMs?: number }): Promise<IssuedClient>;
  /** A client identity kept in the pki folder for other programs; the same one at every start. */
  keptClient(name: string, commonName: string): Promise<{ certFile: string; keyFile: string }>;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Before any start: TLS libraries judge by real time, which a scaled simulation clock runs ahead of. */
const NOT_BEFORE = new Date(Date.UTC(2024, 0, 1));
const PAST_END = new Date(Date.UTC(2024, 1, 1));
const TEN_YEARS_MS = 3652 * 86_400_000;
const CA_NAME = 'CN=Waymark simulated clouds';

interface Authority {
  name: string;
  pem: string;
  key: webcrypto.CryptoKey;
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

// A leading zero digit keeps the number positive without changing how it is spelled.
const newSerial = (): string => `4${randomBytes(15).toString('hex').slice(1)}`;

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

async function makeAuthority(name: string, notAfter: Date): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name,
    notBefore: NOT_BEFORE,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { name, pem: `${certificate.toString('pem')}\n`, key: keys.privateKey };
}

interface LeafOptions {
  subject: string;
  usage: 'server' | 'client';
  names?: readonly { type: 'dns' | 'ip'; value: string }[];
  notAfter: Date;
}

async function issue(authority: Authority, options: LeafOptions): Promise<IssuedClient> {
  const keys = await newKeys();
  const isServer = options.usage === 'server';
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: options.subject,
    issuer: authority.name,
    notBefore: NOT_BEFORE,
    notAfter: options.notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        isServer ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
      ]),
      ...(options.names ? [new x509.SubjectAlternativeNameExtension([...options.names])] : []),
    ],
  });
  return {
    certificate: `${certificate.toString('pem')}\n`,
    privateKey: await keyPem(keys.privateKey),
    serial: certificate.serialNumber.toUpperCase(),
  };
}

/** The certificate when it is whole, its key fits and it ends after `nowMs`. */
function usable(
  certificatePem: string | undefined,
  key: string | undefined,
  nowMs: number,
): X509Certificate | undefined {
  if (certificatePem === undefined || key === undefined) return undefined;
  try {
    const certificate = new X509Certificate(certificatePem);
    const fits = certificate.checkPrivateKey(createPrivateKey(key)) && Date.parse(certificate.validTo) > nowMs;
    return fits ? certificate : undefined;
  } catch {
    return undefined;
  }
}

async function openAuthority(folder: string, nowMs: number): Promise<Authority> {
  const certificateFile = join(folder, 'ca.pem');
  const keyFile = join(folder, 'ca.key');
  const pem = readIfThere(certificateFile);
  const key = readIfThere(keyFile);
  if (pem !== undefined && key !== undefined && usable(pem, key, nowMs)) {
    const der = createPrivateKey(key).export({ format: 'der', type: 'pkcs8' });
    return {
      name: CA_NAME,
      pem,
      key: await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']),
    };
  }
  const authority = await makeAuthority(CA_NAME, new Date(nowMs + 2 * TEN_YEARS_MS));
  writePrivate(keyFile, await keyPem(authority.key));
  writePrivate(certificateFile, authority.pem);
  return authority;
}

const LOCAL_NAMES = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
] as const;

/** Opens the authority kept in `folder`, or makes a new one when there is none or it is damaged. */
export async function openPki(folder: string, clock: Clock): Promise<Pki> {
  const authority = await openAuthority(folder, clock.wall());
  const end = (): Date => new Date(clock.wall() + TEN_YEARS_MS);
  const faces = new Map<ServerFace, Promise<KeyPairPem>>();

  const makeServer = async (face: ServerFace): Promise<KeyPairPem> => {
    const signer = face === 'foreign' ? await makeAuthority('CN=Somebody else', end()) : authority;
    return issue(signer, {
      subject: 'CN=localhost',
      usage: 'server',
      names: face === 'wrong-name' ? [{ type: 'dns', value: 'elsewhere.invalid' }] : LOCAL_NAMES,
      notAfter: face === 'expired' ? PAST_END : end(),
    });
  };

  return {
    caPem: authority.pem,
    caFile: join(folder, 'ca.pem'),
    server(face) {
      const known = faces.get(face) ?? makeServer(face);
      faces.set(face, known);
      return known;
    },
    issueClient: (commonName, options) =>
      issue(authority, {
        subject: `CN=${commonName}`,
        usage: 'client',
        notAfter: options?.notAfterMs === undefined ? end() : new Date(options.notAfterMs),
      }),
    async keptClient(name, commonName) {
      const certFile = join(folder, `${name}.pem`);
      const keyFile = join(folder, `${name}.key`);
      const kept = usable(readIfThere(certFile), readIfThere(keyFile), clock.wall());
      if (!kept || kept.subject !== `CN=${commonName}` || !kept.verify(new X509Certificate(authority.pem).publicKey)) {
        const made = await issue(authority, { subject: `CN=${commonName}`, usage: 'client', notAfter: end() });
        writePrivate(keyFile, made.privateKey);
        writePrivate(certFile, made.certificate);
      }
      return { certFile, keyFile };
    },
  };
}
