// Which application id the gateway shows. deviceWISE ties a thing to the first one it was connected with and refuses any
// other, so the one of each thing is made once and kept, and what was first connected by the module, which shows its IMEI,
// is taken over with that (specs/devicewise.md section 0, "Trap"). The decision is a pure function:
//
//   configured `imei` ----------------------------------------------> the module’s IMEI (not known yet: wait)
//   `own` -- this thing was first connected with an IMEI -----------> that one, whichever module is in now
//         \-- one was made for this thing -------------------------> that one
//          \-- neither ---------------------------------------------> make one, write it down, then use it
import { randomBytes } from 'node:crypto';
import { type Logger, Secret, WaymarkError } from '../../core/index.js';
import type { Codec, Slot } from '../../vault/index.js';
import { isJsonObject } from './tr50-answer.js';
import type { ApplicationId } from './who.js';

/** How a thing was first connected by this gateway. */
export interface FirstConnection {
  road: 'module' | 'gateway';
  /** With this IMEI as application id; absent: with our own. */
  imei?: string;
  /** As the clock had it, which may have been wrong. */
  utcMs: number;
}

/** What is kept of one thing. */
export interface ThingRecord {
  thingKey: string;
  own?: Secret;
  first?: FirstConnection;
}

/** The newest last. */
export type ThingRecords = readonly ThingRecord[];

/** A gateway that was given another key comes back to an old one now and then, not to so many. */
const MAX_THINGS = 16;
const OWN = /^[0-9a-f]{32}$/;
const IMEI = /^\d{14,17}$/;
const THING_KEY = /^[A-Za-z0-9_-]{1,64}$/;

export type Decision = { is: 'use'; applicationId: ApplicationId } | { is: 'make' } | { is: 'wait' };

export function decideApplicationId(from: {
  configured: 'own' | 'imei';
  /** Of the module in now, where it is known. */
  imei?: string | undefined;
  record?: ThingRecord | undefined;
}): Decision {
  const { configured, imei, record } = from;
  if (configured === 'imei')
    return imei === undefined ? { is: 'wait' } : { is: 'use', applicationId: { is: 'imei', value: imei } };
  if (record?.first?.imei !== undefined) return { is: 'use', applicationId: { is: 'imei', value: record.first.imei } };
  return record?.own ? { is: 'use', applicationId: { is: 'own', value: record.own } } : { is: 'make' };
}

function decodeRecord(value: unknown): ThingRecord {
  if (!isJsonObject(value)) throw new Error('a thing is no object');
  const { thingKey, own, first } = value;
  if (typeof thingKey !== 'string' || !THING_KEY.test(thingKey)) throw new Error('thingKey has a wrong shape');
  if (own !== undefined && (typeof own !== 'string' || !OWN.test(own))) throw new Error('own has a wrong shape');
  return {
    thingKey,
    ...(own === undefined ? {} : { own: new Secret('application-id', own) }),
    ...(first === undefined ? {} : { first: decodeFirst(first) }),
  };
}

function decodeFirst(value: unknown): FirstConnection {
  if (!isJsonObject(value)) throw new Error('first is no object');
  const { road, imei, utcMs } = value;
  if (road !== 'module' && road !== 'gateway') throw new Error('road is unknown');
  if (imei !== undefined && (typeof imei !== 'string' || !IMEI.test(imei))) throw new Error('imei has a wrong shape');
  if (typeof utcMs !== 'number' || !Number.isFinite(utcMs)) throw new Error('utcMs is no time');
  return { road, ...(imei === undefined ? {} : { imei }), utcMs };
}

/** Of the slot `devicewise-things`. */
export const thingRecordsCodec: Codec<ThingRecords> = {
  encode: (records) => ({ things: records.map(({ own, ...rest }) => (own ? { ...rest, own: own.reveal() } : rest)) }),
  decode(data) {
    const things = isJsonObject(data) ? data['things'] : undefined;
    if (!Array.isArray(things) || things.length > MAX_THINGS) throw new Error('things is no list');
    return (things as unknown[]).map(decodeRecord);
  },
};

export interface ApplicationIds {
  /**
   * The application id to show for this thing; a new one is on disk before it is used, for without it the thing is locked.
   * Errors: `vault.write`, `vault.unreadable`, `devicewise.config` (the IMEI is asked for and not known).
   */
  choose(of: { thingKey: string; imei?: string | undefined; configured: 'own' | 'imei' }): Promise<ApplicationId>;
  /** The thing was connected, by this road and with this id: the first time counts. Errors: `vault.write`. */
  connected(of: {
    thingKey: string;
    road: FirstConnection['road'];
    applicationId: ApplicationId;
    utcMs: number;
  }): Promise<void>;
}

export function createApplicationIds({
  slot,
  log,
  random = randomBytes,
}: {
  slot: Slot<ThingRecords>;
  log: Logger;
  random?: (count: number) => Uint8Array;
}): ApplicationIds {
  /** One after the other: each reads what the one before wrote. */
  let lane: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = lane.then(work, work);
    lane = result.catch(() => undefined);
    return result;
  };
  const records = async (): Promise<ThingRecords> => (await slot.read())?.value ?? [];
  const write = (all: ThingRecords, changed: ThingRecord): Promise<void> =>
    slot.write([...all.filter(({ thingKey }) => thingKey !== changed.thingKey), changed].slice(-MAX_THINGS));

  return {
    choose: ({ thingKey, imei, configured }) =>
      alone(async () => {
        const all = await records();
        const record = all.find((each) => each.thingKey === thingKey);
        const decision = decideApplicationId({ configured, imei, record });
        if (decision.is === 'use') return decision.applicationId;
        if (decision.is === 'wait')
          throw new WaymarkError('devicewise.config', 'the IMEI is to be the application id, and is not known');
        const own = new Secret('application-id', Buffer.from(random(16)).toString('hex'));
        await write(all, { ...record, thingKey, own });
        log.info('devicewise.application-id', { is: 'made' });
        return { is: 'own', value: own };
      }),
    connected: ({ thingKey, road, applicationId, utcMs }) =>
      alone(async () => {
        const all = await records();
        const record = all.find((each) => each.thingKey === thingKey);
        if (record?.first) return;
        const imei = applicationId.is === 'imei' ? { imei: applicationId.value } : {};
        await write(all, { ...record, thingKey, first: { road, ...imei, utcMs } });
      }),
  };
}
