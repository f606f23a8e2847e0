// The simulated account: which Things exist, under which client id, with which certificates. Kept in one file, so that
// a gateway provisioned before a restart of the simulation is still known after it.
import { randomBytes, randomUUID } from 'node:crypto';
import { readIfThere, writePrivate } from './files.js';

/** Name and password at the caster. Simulated, yet never logged. */
export interface NtripAccount {
  userName: string;
  password: string;
}

/** One Thing of the account. */
export interface SimThing {
  hardwareId: string;
  /** UUID: MQTT client id, certificate name, and the id in "No plan for device". */
  clientId: string;
  isActive: boolean;
  /** Provisioning answers given so far (slow activation counts them). */
  answers: number;
  /** Serials of certificates issued to it, newest last. */
  serials: string[];
  /** Made when it is first asked for. */
  ntrip?: NtripAccount;
}

export interface Registry {
  /** The profile's ZTP token, a UUID. Simulated, yet never logged. */
  readonly token: string;
  /** Client id of the ready identity for other programs. */
  readonly spareClientId: string;
  /** Account at the caster for other programs. */
  readonly spareNtrip: NtripAccount;
  byHardwareId(hardwareId: string): SimThing | undefined;
  byClientId(clientId: string): SimThing | undefined;
  add(hardwareId: string): SimThing;
  /** Changes a Thing and saves. */
  change(thing: SimThing, changes: Partial<Omit<SimThing, 'hardwareId' | 'clientId'>>): void;
  /** Withdraws every certificate issued so far to the Thing. */
  revoke(thing: SimThing): void;
  isRevoked(serial: string): boolean;
  /** The Thing's account at the caster. */
  ntripOf(thing: SimThing): NtripAccount;
  /** Gives the Thing another password; the old one is refused from now on. */
  rotatePassword(thing: SimThing): void;
  /** Who logs in at the caster under this name. */
  ntripUser(userName: string): { password: string; isActive: boolean } | undefined;
  readonly size: number;
}

interface Saved {
  version: 1;
  token: string;
  spareClientId: string;
  /** Absent in files of earlier versions. */
  spareNtrip?: NtripAccount;
  things: SimThing[];
  revoked: string[];
}

const MAX_SERIALS = 32;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Lower-case hex 8-4-4-4-12, the only form the service takes. */
export const isUuid = (text: string): boolean => UUID.test(text);

const letters = (count: number): string =>
  Array.from(randomBytes(count), (byte) => 'abcdefghijkmnpqrstuvwxyz23456789'[byte % 32]).join('');
const newAccount = (): NtripAccount => ({ userName: letters(12), password: letters(16) });

function isAccount(value: unknown): boolean {
  const { userName, password } = (value ?? {}) as Partial<Record<string, unknown>>;
  return value === undefined || (typeof userName === 'string' && typeof password === 'string');
}

function isThing(value: unknown): value is SimThing {
  const { hardwareId, clientId, isActive, answers, serials, ntrip } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof hardwareId === 'string' &&
    typeof clientId === 'string' &&
    typeof isActive === 'boolean' &&
    typeof answers === 'number' &&
    Array.isArray(serials) &&
    isAccount(ntrip)
  );
}

function parse(text: string | undefined): Saved | undefined {
  if (text === undefined) return undefined;
  try {
    const data = JSON.parse(text) as Partial<Saved> | null;
    if (data?.version !== 1 || typeof data.token !== 'string' || !isUuid(data.token)) return undefined;
    if (typeof data.spareClientId !== 'string' || !isAccount(data.spareNtrip)) return undefined;
    if (!Array.isArray(data.things) || !data.things.every(isThing) || !Array.isArray(data.revoked)) return undefined;
    return data as Saved;
  } catch {
    return undefined;
  }
}

/** Opens the account kept in `file`; a missing or damaged file starts a new one (with another token). */
export function openRegistry(file: string): Registry {
  const kept = parse(readIfThere(file));
  const saved: Saved = kept ?? {
    version: 1,
    token: randomUUID(),
    spareClientId: randomUUID(),
    things: [],
    revoked: [],
  };
  const save = (): void => writePrivate(file, `${JSON.stringify(saved, null, 2)}\n`);
  const isNew = !kept?.spareNtrip;
  const spareNtrip = (saved.spareNtrip ??= newAccount());
  if (isNew) save();

  return {
    token: saved.token,
    spareClientId: saved.spareClientId,
    spareNtrip,
    byHardwareId: (hardwareId) => saved.things.find((t) => t.hardwareId === hardwareId),
    byClientId: (clientId) => saved.things.find((t) => t.clientId === clientId),
    add(hardwareId) {
      const thing: SimThing = { hardwareId, clientId: randomUUID(), isActive: true, answers: 0, serials: [] };
      saved.things.push(thing);
      save();
      return thing;
    },
    change(thing, changes) {
      Object.assign(thing, changes);
      thing.serials = thing.serials.slice(-MAX_SERIALS);
      save();
    },
    revoke(thing) {
      saved.revoked = [...new Set([...saved.revoked, ...thing.serials])].slice(-1000);
      thing.serials = [];
      save();
    },
    isRevoked: (serial) => saved.revoked.includes(serial),
    ntripOf(thing) {
      if (!thing.ntrip) {
        thing.ntrip = newAccount();
        save();
      }
      return thing.ntrip;
    },
    rotatePassword(thing) {
      thing.ntrip = { userName: thing.ntrip?.userName ?? newAccount().userName, password: newAccount().password };
      save();
    },
    ntripUser(userName) {
      if (userName === spareNtrip.userName) return { password: spareNtrip.password, isActive: true };
      const thing = saved.things.find(({ ntrip }) => ntrip?.userName === userName);
      return thing?.ntrip && { password: thing.ntrip.password, isActive: thing.isActive };
    },
    get size() {
      return saved.things.length;
    },
  };
}
