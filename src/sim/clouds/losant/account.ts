// The simulated Losant account: one application, its devices, access keys and tokens. Kept in one file, so that what a
// gateway got before a restart of the simulation is still good after it. States and commands are not kept.
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { isRecord } from '../../fields.js';
import { readIfThere, writePrivate } from '../files.js';
import { makeJwt } from './jwt.js';

export interface LosantTag {
  key: string;
  value: string;
}

export interface LosantDevice {
  deviceId: string;
  name: string;
  description: string;
  deviceClass: string;
  tags: LosantTag[];
  attributes: { name: string; dataType: string }[];
  gatewayId?: string;
  parentId?: string;
  keepDuplicates: boolean;
  createdMs: number;
  isDeleted: boolean;
}

export interface LosantKey {
  id: string;
  key: string;
  secretHash: string;
  name: string;
  description: string;
  /** None and no tags = every device. */
  deviceIds: string[];
  deviceTags: LosantTag[];
  filterType: 'all' | 'whitelist' | 'blacklist' | 'none';
  pubTopics: string[];
  subTopics: string[];
  status: 'active' | 'inactive';
  createdMs: number;
}

export interface LosantToken {
  id: string;
  name: string;
  description: string;
  scope: string[];
  status: 'active' | 'inactive';
  /** ms since 1970 UTC; absent = never. */
  expiresMs?: number;
  createdMs: number;
}

/** What is there from the start; `description` hands it out. */
interface Given {
  applicationId: string;
  deviceId: string;
  accessKey: string;
  accessSecret: string;
  applicationToken: string;
  narrowToken: string;
  enrolToken: string;
  signingKey: string;
}

interface Saved extends Given {
  version: 1;
  devices: LosantDevice[];
  keys: LosantKey[];
  tokens: LosantToken[];
}

export interface LosantAccount extends Readonly<Given> {
  readonly devices: LosantDevice[];
  readonly keys: LosantKey[];
  readonly tokens: LosantToken[];
  /** Writes what was changed. */
  save(): void;
}

const GIVEN_NAMES = [
  'applicationId',
  'deviceId',
  'accessKey',
  'accessSecret',
  'applicationToken',
  'narrowToken',
  'enrolToken',
  'signingKey',
] as const satisfies readonly (keyof Given)[];

/** What a gateway sends; `cred_*` comes by the setting `declared`. */
const GATEWAY_ATTRIBUTES: Readonly<Record<string, string>> = {
  location: 'gps',
  hdop: 'number',
  satellites: 'number',
  fix_type: 'string',
  accuracy: 'number',
  position_source: 'string',
  rsrp: 'number',
  rsrq: 'number',
  operator: 'string',
  modem_temp: 'number',
  uptime: 'number',
  agent_state: 'string',
  agent_why: 'string',
  queue_depth: 'number',
  last_command: 'string',
  last_command_result: 'string',
  alarm: 'string',
  record_id: 'string',
  gap_count: 'number',
  clock_untrusted: 'boolean',
};

/** The attributes a gateway needs, as a device declares them. */
export const gatewayAttributes = (): { name: string; dataType: string }[] =>
  Object.entries(GATEWAY_ATTRIBUTES).map(([name, dataType]) => ({ name, dataType }));

/** The least a gateway without an access key needs. */
export const NARROW_SCOPE: readonly string[] = ['device.sendState', 'device.getCommand', 'device.setConnectionStatus'];

export const newLosantId = (): string => randomBytes(12).toString('hex');
export const newSecret = (): string => randomBytes(32).toString('hex');
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** The JWT of an application token. */
export function tokenText(
  token: LosantToken,
  facts: { applicationId: string; signingKey: string; isScopeReadable: boolean },
): string {
  return makeJwt(
    {
      sub: facts.applicationId,
      subtype: 'application',
      jti: token.id,
      ...(facts.isScopeReadable ? { scope: token.scope } : {}),
      iat: Math.floor(token.createdMs / 1000),
      ...(token.expiresMs === undefined ? {} : { exp: Math.floor(token.expiresMs / 1000) }),
      iss: 'api.losant.com',
    },
    facts.signingKey,
  );
}

export function newDevice(createdMs: number, changes: Partial<LosantDevice> = {}): LosantDevice {
  return {
    deviceId: newLosantId(),
    name: 'gateway',
    description: '',
    deviceClass: 'standalone',
    tags: [],
    attributes: gatewayAttributes(),
    keepDuplicates: false,
    createdMs,
    isDeleted: false,
    ...changes,
  };
}

/** An access key with its secret, which is told only this once. */
export function newKey(createdMs: number, changes: Partial<LosantKey> = {}): { key: LosantKey; secret: string } {
  const secret = newSecret();
  const key: LosantKey = {
    id: newLosantId(),
    key: randomUUID(),
    secretHash: hashOf(secret),
    name: '',
    description: '',
    deviceIds: [],
    deviceTags: [],
    filterType: 'none',
    pubTopics: [],
    subTopics: [],
    status: 'active',
    createdMs,
    ...changes,
  };
  return { key, secret };
}

export const newToken = (createdMs: number, name: string, scope: readonly string[]): LosantToken => ({
  id: newLosantId(),
  name,
  description: '',
  scope: [...scope],
  status: 'active',
  createdMs,
});

function parse(text: string | undefined): Saved | undefined {
  if (text === undefined) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    if (!isRecord(data) || data['version'] !== 1) return undefined;
    if (!GIVEN_NAMES.every((name) => typeof data[name] === 'string' && data[name] !== '')) return undefined;
    for (const list of ['devices', 'keys', 'tokens'])
      if (!Array.isArray(data[list]) || !data[list].every(isRecord)) return undefined;
    return data as unknown as Saved;
  } catch {
    return undefined;
  }
}

function newAccount(nowMs: number): Saved {
  const facts = { applicationId: newLosantId(), signingKey: newSecret(), isScopeReadable: true };
  const device = newDevice(nowMs);
  const { key, secret } = newKey(nowMs, { name: 'gateway', deviceIds: [device.deviceId] });
  const tokens = [newToken(nowMs, 'everything', ['all.Application']), newToken(nowMs, 'narrow', NARROW_SCOPE)] as const;
  return {
    version: 1,
    applicationId: facts.applicationId,
    signingKey: facts.signingKey,
    deviceId: device.deviceId,
    accessKey: key.key,
    accessSecret: secret,
    applicationToken: tokenText(tokens[0], facts),
    narrowToken: tokenText(tokens[1], facts),
    enrolToken: randomBytes(24).toString('base64url'),
    devices: [device],
    keys: [key],
    tokens: [...tokens],
  };
}

/** Opens the account kept in `file`; a missing or damaged file starts a new one (with other ids and secrets). */
export function openLosantAccount(file: string, nowMs: number): LosantAccount {
  const kept = parse(readIfThere(file));
  const saved = kept ?? newAccount(nowMs);
  const save = (): void => writePrivate(file, `${JSON.stringify(saved, null, 2)}\n`);
  if (!kept) save();
  return { ...saved, save };
}
