// The simulated deviceWISE organisation: app tokens, thing definitions, things and their mailboxes. Kept in one file, so
// that a thing is still bound to its application id after a restart of the simulation, and a queued method still waits.
// What things publish is not kept.
import { createHash, randomBytes } from 'node:crypto';
import { isRecord } from '../../fields.js';
import { readIfThere, writePrivate } from '../files.js';
import type { CallSeen, DefinitionRules, TokenRules } from './control.js';
import type { Json } from './types.js';

/** Other names a thing may have; commands may call it by them. */
export const THING_IDS = ['esn', 'iccid', 'imei', 'imsi', 'meid', 'msisdn'] as const;
export type ThingIdName = (typeof THING_IDS)[number];

export interface Thing {
  id: string;
  key: string;
  name: string;
  desc: string;
  defKey: string;
  createdBy: string;
  createdMs: number;
  updatedMs: number;
  /** Hash of the application id it is bound to. */
  boundTo?: string;
  tags: string[];
  ids: Partial<Record<ThingIdName, string>>;
  module?: Json;
}

export type Token = { -readonly [K in keyof TokenRules]: TokenRules[K] } & { token: string };
export type Definition = { -readonly [K in keyof DefinitionRules]: DefinitionRules[K] };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type Call = Omit<Mutable<CallSeen>, 'deliveredMs' | 'updates'> & {
  deliveredMs: number[];
  updates: { atMs: number; msg: string }[];
  /** Handed out since the thing last connected. */
  isOut: boolean;
};

interface Saved {
  version: 1;
  orgId: string;
  /** The ready token. */
  appToken: string;
  /** Ids ever made; ids are unique across restarts. */
  ids: number;
  tokens: Token[];
  definitions: Definition[];
  things: Thing[];
  calls: Call[];
}

export interface DeviceWiseAccount {
  readonly orgId: string;
  appToken: string;
  readonly tokens: Token[];
  readonly definitions: Definition[];
  readonly things: Thing[];
  readonly calls: Call[];
  /** 24 hexadecimal digits, the first eight from the time: a later start with the same seed makes no id again. */
  newId(nowMs: number): string;
  newToken(): string;
  /** Writes what was changed. */
  save(): void;
}

export const DEFAULT_DEFINITION = 'gw_def';

/** What the role of a device needs at least (specs/devicewise.md 3), and what belongs to it. */
export const DEVICE_ROLE: readonly string[] = [
  ...['property.publish', 'property.batch', 'property.current'],
  ...['attribute.publish', 'attribute.batch', 'attribute.current'],
  ...['location.publish', 'location.batch', 'location.current'],
  ...['alarm.publish', 'alarm.batch', 'log.publish'],
  ...['mailbox.check', 'mailbox.ack', 'mailbox.update', 'mailbox.send', 'method.exec'],
  ...['file.get', 'file.put'],
  ...['thing.find', 'thing.update', 'thing.attr.set', 'thing.attr.get', 'thing.attr.unset'],
  ...['thing.tag.add', 'thing.tag.delete'],
];

const TOKEN_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const TOKEN_LENGTH = 16;
/** What the portal asks of a token typed by hand. */
const IS_COMPLEX = /^(?=.*[A-Z])(?=.*[a-z])(?=.*\d)/;

/** Sixteen letters and digits with at least one of each kind. The same seed and number give the same token. */
export function makeToken(seed: string, number: number): string {
  for (let attempt = 0; ; attempt++) {
    const bytes = createHash('sha256').update(`devicewise-token/${seed}/${number}/${attempt}`).digest();
    const token = [...bytes.subarray(0, TOKEN_LENGTH)]
      .map((byte) => TOKEN_LETTERS.charAt(byte % TOKEN_LETTERS.length))
      .join('');
    if (IS_COMPLEX.test(token)) return token;
  }
}

export const hashOf = (applicationId: string): string => createHash('sha256').update(applicationId).digest('hex');

export const newDefinition = (key: string): Definition => ({
  key,
  autoDefProps: true,
  autoDefAttrs: true,
  properties: [],
  attributes: [],
  alarms: {},
});

export const newTokenRules = (): TokenRules => ({
  name: 'gateways',
  definition: DEFAULT_DEFINITION,
  roles: DEVICE_ROLE,
  tags: [],
});

function parse(text: string | undefined): Saved | undefined {
  if (text === undefined) return undefined;
  try {
    const data: unknown = JSON.parse(text);
    if (!isRecord(data) || data['version'] !== 1 || typeof data['ids'] !== 'number') return undefined;
    if (typeof data['orgId'] !== 'string' || typeof data['appToken'] !== 'string') return undefined;
    for (const list of ['tokens', 'definitions', 'things', 'calls'])
      if (!Array.isArray(data[list]) || !data[list].every(isRecord)) return undefined;
    return data as unknown as Saved;
  } catch {
    return undefined;
  }
}

/**
 * Opens what is kept in `file`; a missing or damaged file starts anew. Without a file nothing is kept, without a seed
 * tokens and ids are random.
 */
export function openDeviceWiseAccount(file: string | undefined, seed: string | undefined): DeviceWiseAccount {
  const source = seed ?? randomBytes(16).toString('hex');
  const kept = file === undefined ? undefined : parse(readIfThere(file));
  const ready = kept?.appToken ?? makeToken(source, 0);
  const saved: Saved = kept ?? {
    version: 1,
    orgId: hashOf(`org/${source}`).slice(0, 24),
    appToken: ready,
    ids: 0,
    tokens: [{ ...newTokenRules(), token: ready }],
    definitions: [newDefinition(DEFAULT_DEFINITION)],
    things: [],
    calls: [],
  };
  const save = (): void => {
    if (file !== undefined) writePrivate(file, `${JSON.stringify(saved)}\n`);
  };
  if (!kept) save();
  return {
    ...saved,
    get appToken() {
      return saved.appToken;
    },
    set appToken(token) {
      saved.appToken = token;
    },
    newId(nowMs) {
      const seconds = Math.floor(nowMs / 1000)
        .toString(16)
        .padStart(8, '0');
      return seconds + hashOf(`id/${saved.orgId}/${++saved.ids}`).slice(0, 16);
    },
    newToken: () => makeToken(source, ++saved.ids),
    save,
  };
}
