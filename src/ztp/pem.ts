// Certificates and keys as the portal's files hold them: PEM, PEM on one line, with written-out "\n", or bare base64
// (specs/ublox.md section 1.9). What comes out is PEM that OpenSSL reads.
import { createPrivateKey, type KeyObject } from 'node:crypto';

const MAX_BASE64 = 16_384;
const MAX_BLOCKS = 16;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END ([A-Z0-9 ]{1,40})-----/g;
const KEY_LABELS: readonly string[] = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];

interface Block {
  /** Undefined when the text had no armour. */
  label?: string;
  base64: string;
}

/** Everything but base64 goes: blanks, line ends of any kind, and those that were escaped once too often. */
function bare(text: string): string | undefined {
  const base64 = text.replace(/\\[rnt]|\s+/g, '');
  return base64.length <= MAX_BASE64 && BASE64.test(base64) ? base64 : undefined;
}

/** The armoured blocks of a text, or the text itself as one without armour; undefined when it is neither. */
function blocksOf(text: string): Block[] | undefined {
  const blocks: Block[] = [];
  for (const [, label = '', body = '', end] of text.matchAll(BLOCK)) {
    const base64 = bare(body);
    if (base64 === undefined || label !== end || blocks.length >= MAX_BLOCKS) return undefined;
    blocks.push({ label, base64 });
  }
  if (blocks.length > 0) return blocks;
  const base64 = bare(text);
  return base64 === undefined ? undefined : [{ base64 }];
}

function armour(label: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Certificates, one after the other, as PEM; undefined when the text holds anything else. */
export function certificatePem(text: string): string | undefined {
  const blocks = blocksOf(text);
  if (!blocks?.every(({ label = 'CERTIFICATE' }) => label === 'CERTIFICATE' || label === 'X509 CERTIFICATE'))
    return undefined;
  return blocks.map(({ base64 }) => armour('CERTIFICATE', base64)).join('');
}

/** The one private key of a text as PEM (RSA, EC or PKCS #8, not encrypted); undefined when there is none. */
export function privateKeyPem(text: string): string | undefined {
  // Curve parameters may come in a block of their own before the key.
  const blocks = blocksOf(text)?.filter(({ label }) => label !== 'EC PARAMETERS');
  const [block] = blocks ?? [];
  if (!block || blocks?.length !== 1) return undefined;
  const { label, base64 } = block;
  if (label !== undefined) return KEY_LABELS.includes(label) ? armour(label, base64) : undefined;
  return labelOf(Buffer.from(base64, 'base64'), base64);
}

const DER_TYPES = [
  ['pkcs8', 'PRIVATE KEY'],
  ['pkcs1', 'RSA PRIVATE KEY'],
  ['sec1', 'EC PRIVATE KEY'],
] as const;

/** Without armour only the bytes themselves tell which kind of key they are. */
function labelOf(der: Buffer, base64: string): string | undefined {
  for (const [type, label] of DER_TYPES) {
    const key = tryKey(() => createPrivateKey({ key: der, format: 'der', type }));
    if (key) return armour(label, base64);
  }
  return undefined;
}

function tryKey(parse: () => KeyObject): KeyObject | undefined {
  try {
    return parse();
  } catch {
    // Another kind, or none; the library's words may describe the key and go no further.
    return undefined;
  }
}
