// The heart of the simulated Losant, behind both doors: who may do what, states with their rules, commands.
import type { Clock } from '../../../core/index.js';
import { hashOf, type LosantAccount, type LosantDevice, type LosantKey, type LosantTag } from './account.js';
import { makeJwt, readJwt } from './jwt.js';
import { type CommandSeen, keep, type LosantLedger, type StateSeen, type Via } from './ledger.js';
import { isScope } from './scopes.js';
import type { LosantSettings } from './settings.js';
import { isDeclared, readState, type StateValue, timeRefusal } from './state-rules.js';

/** Whoever holds a token that is good now. */
export type Caller =
  | { is: 'application'; scopes: readonly string[] }
  | { is: 'device'; deviceId: string; scopes: readonly string[] };

export interface StateRow {
  timeMs: number;
  data: Readonly<Record<string, StateValue>>;
}

export interface LosantCloud {
  readonly account: LosantAccount;
  readonly ledger: LosantLedger;
  readonly settings: LosantSettings;
  readonly clock: Clock;
  /** One that is not deleted. */
  device(id: string): LosantDevice | undefined;
  keyOf(key: string): LosantKey | undefined;
  /** The active key with that secret that covers the device; else why not. */
  admit(key: string, secret: string, device: LosantDevice): LosantKey | string;
  makeDeviceToken(key: LosantKey, device: LosantDevice, options: { ttl?: number; scopes?: readonly string[] }): string;
  caller(token: string | undefined): Caller | undefined;
  /** Takes one state in; tells what became of it. */
  record(device: LosantDevice, body: unknown, via: Via): StateSeen;
  /** What a device has stored, by time. */
  rows(deviceId: string): readonly StateRow[];
  /** Keeps a command and hands it to whoever delivers. */
  command(deviceId: string, name: string, payload: unknown): CommandSeen;
  commands(deviceId: string): readonly CommandSeen[];
  onCommand(deliver: (deviceId: string, body: string) => boolean): void;
}

export const hasTags = (device: LosantDevice, tags: readonly Partial<LosantTag>[]): boolean =>
  tags.every(({ key, value }) =>
    device.tags.some((tag) => (key === undefined || tag.key === key) && (value === undefined || tag.value === value)),
  );

const covers = (key: LosantKey, device: LosantDevice): boolean =>
  (key.deviceIds.length === 0 && key.deviceTags.length === 0) ||
  key.deviceIds.includes(device.deviceId) ||
  key.deviceTags.some((tag) => hasTags(device, [tag]));

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

export function createLosantCloud(deps: {
  clock: Clock;
  account: LosantAccount;
  ledger: LosantLedger;
  settings: () => LosantSettings;
}): LosantCloud {
  const { clock, account, ledger } = deps;
  const stored = new Map<string, Map<number, Record<string, StateValue>[]>>();
  const commands = new Map<string, CommandSeen[]>();
  let deliver: (deviceId: string, body: string) => boolean = () => false;

  const device = (id: string): LosantDevice | undefined =>
    account.devices.find((each) => each.deviceId === id && !each.isDeleted);
  const keyOf = (key: string): LosantKey | undefined => account.keys.find((each) => each.key === key);

  const store = (
    { deviceId, keepDuplicates }: LosantDevice,
    timeMs: number,
    data: Record<string, StateValue>,
  ): void => {
    const rows = stored.get(deviceId) ?? new Map<number, Record<string, StateValue>[]>();
    stored.set(deviceId, rows);
    const same = rows.get(timeMs);
    if (!same) rows.set(timeMs, [data]);
    else if (keepDuplicates) same.push(data);
    else Object.assign(same[0] ?? {}, data);
  };

  const judge = (target: LosantDevice, body: unknown): Omit<StateSeen, 'deviceId' | 'via' | 'arrivedMs'> => {
    const nowMs = clock.wall();
    const reading = readState(body, nowMs);
    if (reading.is === 'malformed') return { isStored: false, why: reading.why };
    const { data, timeMs } = reading;
    const refusal = timeRefusal(timeMs, nowMs);
    if (refusal) return { timeMs, data, isStored: false, why: refusal };
    const own = target.attributes.map(({ name }) => name);
    const taken = Object.entries(data).filter(([name]) => isDeclared(name, own, deps.settings().declared));
    if (taken.length > 0) store(target, timeMs, Object.fromEntries(taken));
    const left = Object.keys(data).length - taken.length;
    return {
      timeMs,
      data,
      isStored: taken.length > 0,
      ...(left > 0 ? { why: `${left} undeclared` } : {}),
    };
  };

  const deviceCaller = (payload: Readonly<Record<string, unknown>>): Caller | undefined => {
    const key = account.keys.find((each) => each.id === payload['key']);
    if (deps.settings().deviceToken === 'dies-with-key' && key?.status !== 'active') return undefined;
    return { is: 'device', deviceId: String(payload['sub']), scopes: textsOf(payload['scope']) };
  };

  return {
    account,
    ledger,
    clock,
    get settings() {
      return deps.settings();
    },
    device,
    keyOf,
    admit(text, secret, target) {
      const key = keyOf(text);
      if (!key) return 'unknown key';
      if (key.secretHash !== hashOf(secret)) return 'wrong secret';
      if (key.status !== 'active') return 'key is inactive';
      return covers(key, target) ? key : 'key is for another device';
    },
    makeDeviceToken(key, target, { ttl = 0, scopes = [] }) {
      const nowS = Math.floor(clock.wall() / 1000);
      const lifeS = deps.settings().tokenTtlUnit === 's' ? ttl : ttl / 1000;
      return makeJwt(
        {
          sub: target.deviceId,
          subtype: 'device',
          key: key.id,
          scope: scopes.length > 0 ? scopes.filter(isScope) : ['all.Device'],
          iat: nowS,
          ...(ttl > 0 ? { exp: Math.floor(nowS + lifeS) } : {}),
          iss: 'api.losant.com',
        },
        account.signingKey,
      );
    },
    caller(text) {
      const payload = text === undefined ? undefined : readJwt(text, account.signingKey);
      if (!payload) return undefined;
      const { exp } = payload;
      if (typeof exp === 'number' && clock.wall() >= exp * 1000) return undefined;
      if (payload['subtype'] === 'device') return deviceCaller(payload);
      const token = account.tokens.find((each) => each.id === payload['jti']);
      if (token?.status !== 'active') return undefined;
      // One that was made to expire by hand is not written anew.
      if (token.expiresMs !== undefined && clock.wall() >= token.expiresMs) return undefined;
      return { is: 'application', scopes: token.scope };
    },
    record(target, body, via) {
      const seen = { deviceId: target.deviceId, via, arrivedMs: clock.wall(), ...judge(target, body) };
      return keep(ledger.states, seen);
    },
    rows: (deviceId) =>
      [...(stored.get(deviceId) ?? [])]
        .sort(([a], [b]) => a - b)
        .flatMap(([timeMs, rows]) => rows.map((data) => ({ timeMs, data }))),
    command(deviceId, name, payload) {
      const timeMs = clock.wall();
      const time = { $date: new Date(timeMs).toISOString() };
      const isDelivered = deliver(deviceId, JSON.stringify({ name, payload, time }));
      const list = commands.get(deviceId) ?? [];
      commands.set(deviceId, list);
      return keep(list, { deviceId, name, payload, timeMs, isDelivered });
    },
    commands: (deviceId) => commands.get(deviceId) ?? [],
    onCommand: (fn) => void (deliver = fn),
  };
}
