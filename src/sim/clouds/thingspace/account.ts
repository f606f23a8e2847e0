// The simulated ThingSpace account: key pair, user, billing account, number of the SIM, enrolment token. Kept in one file,
// so that a gateway's settings are still good after a restart of the simulation, and a locked user is still locked.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { isRecord } from '../../fields.js';
import { readIfThere, writePrivate } from '../files.js';

export interface ThingSpaceSecrets {
  key: string;
  secret: string;
  username: string;
  password: string;
  /** Ten digits, hyphen, five digits. */
  account: string;
  /** Ten digits. */
  mdn: string;
  /** What a device shows the operator's endpoints. */
  enrolmentToken: string;
}

/** The contact record: five misses in a row lock it. */
export interface UserRecord {
  failCount: number;
  isLocked: boolean;
}

export interface ThingSpaceAccount {
  readonly secrets: Readonly<ThingSpaceSecrets>;
  readonly user: Readonly<UserRecord>;
  keepUser(user: UserRecord): void;
}

const NAMES = ['key', 'secret', 'username', 'password', 'account', 'mdn', 'enrolmentToken'] as const;
const digits = (n: number): string => Array.from({ length: n }, () => randomInt(10)).join('');

const fresh = (): ThingSpaceSecrets => ({
  key: randomUUID(),
  secret: randomUUID(),
  username: `uws-${randomBytes(4).toString('hex')}`,
  password: randomBytes(15).toString('base64url'),
  account: `0000${digits(6)}-00001`,
  // 555-01xx belongs to nobody.
  mdn: `70255501${digits(2)}`,
  enrolmentToken: randomBytes(24).toString('base64url'),
});

interface Saved {
  version: 1;
  secrets: ThingSpaceSecrets;
  user: UserRecord;
}

function parse(text: string | undefined): Saved | undefined {
  if (text === undefined) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    if (!isRecord(data) || data['version'] !== 1) return undefined;
    const { secrets, user } = data;
    if (!isRecord(secrets) || !NAMES.every((name) => typeof secrets[name] === 'string')) return undefined;
    if (!isRecord(user) || typeof user['failCount'] !== 'number' || typeof user['isLocked'] !== 'boolean')
      return undefined;
    return { version: 1, secrets: secrets as unknown as ThingSpaceSecrets, user: user as unknown as UserRecord };
  } catch {
    return undefined;
  }
}

/** Opens the account kept in `file`; a missing or damaged file starts a new one. */
export function openThingSpaceAccount(file: string): ThingSpaceAccount {
  const kept = parse(readIfThere(file));
  const saved: Saved = kept ?? { version: 1, secrets: fresh(), user: { failCount: 0, isLocked: false } };
  const save = (): void => writePrivate(file, `${JSON.stringify(saved, null, 2)}\n`);
  if (!kept) save();
  return {
    secrets: saved.secrets,
    get user() {
      return saved.user;
    },
    keepUser(user) {
      saved.user = user;
      save();
    },
  };
}
