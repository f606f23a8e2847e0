// A backup as one sealed file: a readable head, then bytes that open with a passphrase only.
//
//   WAYMARK-BACKUP <crc32c of the head, 8 hex>\n
//   {"layout":1,"program":…,"createdAt":…,"kdf":{"name":"scrypt",…},"cipher":"aes-256-gcm","nonce":…,"check":…}\n
//   <ciphertext> <16 bytes tag>
//
// The key is scrypt over the passphrase; both lines are bound to the ciphertext as additional data, so that none of the
// parameters can be changed unseen. Three failures are told apart: the checksum says that the head is damaged, `check` (made
// from a part of the derived key that encrypts nothing) that the passphrase is another, the tag that the rest is damaged.
// `check` helps nobody guess: the tag would tell as much for the price of the same scrypt.
import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { type Secret, WaymarkError } from '../core/index.js';
import { crc32c } from './crc32c.js';

export const BACKUP_LAYOUT = 1;

/** Of scrypt. */
export interface SealCost {
  N: number;
  r: number;
  p: number;
}

const MAGIC = 'WAYMARK-BACKUP';
/** 32 MiB and, on a Pi of the third generation, two to three seconds: one of the settings OWASP gives for scrypt. */
export const BACKUP_COST: Readonly<SealCost> = { N: 32_768, r: 8, p: 3 };
/** A file from elsewhere must not make us take all memory: 128 MiB, and as much work as ten of ours. */
const MAX_COST = { N: 131_072, r: 8, p: 8 } as const;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const MAX_HEAD_BYTES = 4096;

export interface SealedHead {
  layout: number;
  /** Version of the program that made it. */
  program: string;
  /** ISO 8601. */
  createdAt: string;
}

interface Head extends SealedHead {
  kdf: { name: 'scrypt'; N: number; r: number; p: number; salt: string };
  cipher: string;
  nonce: string;
  check: string;
}

const damaged = (what: string, cause?: unknown): WaymarkError => new WaymarkError('backup.damaged', what, { cause });

function derive(passphrase: Secret, { N, r, p, salt }: Head['kdf']): Promise<{ key: Buffer; checkKey: Buffer }> {
  return new Promise((resolve, reject) => {
    const options = { N, r, p, maxmem: 128 * N * r + 64 * 1024 * 1024 };
    scrypt(
      passphrase.reveal().normalize('NFC'),
      Buffer.from(salt, 'base64'),
      2 * KEY_BYTES,
      options,
      (error, bytes) => {
        if (error) reject(error);
        else resolve({ key: bytes.subarray(0, KEY_BYTES), checkKey: bytes.subarray(KEY_BYTES) });
      },
    );
  });
}

/** What proves the passphrase: over all of the head but itself. */
const checkOf = (checkKey: Buffer, { check: _, ...head }: Head): Buffer =>
  createHmac('sha256', checkKey).update(JSON.stringify(head)).digest().subarray(0, 16);

const firstLines = (json: string): Buffer =>
  Buffer.from(`${MAGIC} ${crc32c(Buffer.from(json)).toString(16).padStart(8, '0')}\n${json}\n`);

/** The bytes of a backup. `cost`: for tests; the head says which, so any opens. */
export async function seal(
  payload: Uint8Array,
  passphrase: Secret,
  { program, createdAt }: Omit<SealedHead, 'layout'>,
  cost = BACKUP_COST,
): Promise<Buffer> {
  const kdf = { name: 'scrypt', ...cost, salt: randomBytes(16).toString('base64') } as const;
  const nonce = randomBytes(12);
  const { key, checkKey } = await derive(passphrase, kdf);
  const head: Head = {
    ...{ layout: BACKUP_LAYOUT, program, createdAt, kdf, cipher: CIPHER },
    ...{ nonce: nonce.toString('base64'), check: '' },
  };
  head.check = checkOf(checkKey, head).toString('base64');
  const lines = firstLines(JSON.stringify(head));
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(lines);
  return Buffer.concat([lines, cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
}

const isCount = (value: unknown, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 200;

function headOf(json: string): Head {
  const head = JSON.parse(json) as Partial<Record<keyof Head, unknown>>;
  const kdf = (head.kdf ?? {}) as Partial<Record<keyof Head['kdf'], unknown>>;
  const { layout, program, createdAt } = head;
  if (!isCount(layout, 1_000_000) || !isText(program) || !isText(createdAt)) throw damaged('the backup has no head');
  if (layout !== BACKUP_LAYOUT)
    throw new WaymarkError(
      'backup.version',
      `the backup is of layout ${layout}, made by Waymark ${program}; this program reads layout ${BACKUP_LAYOUT}`,
    );
  if (
    kdf.name !== 'scrypt' ||
    head.cipher !== CIPHER ||
    !isCount(kdf.N, MAX_COST.N) ||
    !isCount(kdf.r, MAX_COST.r) ||
    !isCount(kdf.p, MAX_COST.p) ||
    !isText(kdf.salt) ||
    !isText(head.nonce) ||
    !isText(head.check)
  )
    throw damaged('the head of the backup names what this program does not know');
  return head as Head;
}

function split(bytes: Buffer): { head: Head; lines: Buffer; rest: Buffer } {
  const area = bytes.subarray(0, MAX_HEAD_BYTES);
  const first = area.indexOf(0x0a);
  const second = first < 0 ? -1 : area.indexOf(0x0a, first + 1);
  const sum = /^WAYMARK-BACKUP ([0-9a-f]{8})$/.exec(area.toString('latin1', 0, Math.max(0, first)))?.[1];
  if (sum === undefined) throw damaged('this is no backup made by Waymark');
  if (second < 0) throw damaged('the backup ends within its head');
  const json = area.toString('utf8', first + 1, second);
  if (crc32c(Buffer.from(json)).toString(16).padStart(8, '0') !== sum)
    throw damaged('the head of the backup is damaged');
  let head: Head;
  try {
    head = headOf(json);
  } catch (error) {
    if (error instanceof WaymarkError) throw error;
    throw damaged('the head of the backup cannot be read', error);
  }
  return { head, lines: bytes.subarray(0, second + 1), rest: bytes.subarray(second + 1) };
}

/** What a backup says of itself without its passphrase. Errors: `backup.damaged`, `backup.version`. */
export const headOfSealed = (bytes: Buffer): SealedHead => split(bytes).head;

/** Opens a backup. Errors: `backup.passphrase`, `backup.damaged`, `backup.version`. */
export async function unseal(bytes: Buffer, passphrase: Secret): Promise<{ payload: Buffer; head: SealedHead }> {
  const { head, lines, rest } = split(bytes);
  if (rest.length < TAG_BYTES) throw damaged('the backup ends within its contents');
  const { key, checkKey } = await derive(passphrase, head.kdf).catch((error: unknown) => {
    throw damaged('the head of the backup names impossible parameters', error);
  });
  const check = Buffer.from(head.check, 'base64');
  const expected = checkOf(checkKey, head);
  if (check.length !== expected.length || !timingSafeEqual(check, expected))
    throw new WaymarkError('backup.passphrase', 'the passphrase does not open this backup');
  try {
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(head.nonce, 'base64')).setAAD(lines);
    decipher.setAuthTag(rest.subarray(rest.length - TAG_BYTES));
    const payload = Buffer.concat([decipher.update(rest.subarray(0, rest.length - TAG_BYTES)), decipher.final()]);
    return { payload, head };
  } catch (error) {
    throw damaged('the contents of the backup are damaged', error);
  }
}
