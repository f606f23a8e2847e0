// Who may connect (specs/devicewise.md 2.6, 3, 5.2): the token, then the thing, then the application id it is bound to.
import { type Clock } from '../../../core/index.js';
import { type DeviceWiseAccount, hashOf, type Thing, type Token } from './account.js';
import { type AdmissionSeen, type DeviceWiseLedger, keep } from './ledger.js';
import { isKey } from './params.js';
import type { DeviceWiseSettings } from './settings.js';
import type { Admission } from './types.js';

export const MAX_THINGS = 1000;
const MAX_APPLICATION_ID = 256;

export interface AdmissionDeps {
  clock: Clock;
  account: DeviceWiseAccount;
  ledger: DeviceWiseLedger;
  settings: () => DeviceWiseSettings;
}

export type Applicant = Readonly<{ applicationId: string; thingKey: string; appToken: string; via: 'mqtt' | 'http' }>;

export const newThing = (
  account: DeviceWiseAccount,
  nowMs: number,
  key: string,
  facts: Partial<Thing> & { defKey: string },
): Thing => ({
  ...{ id: account.newId(nowMs), key, name: key, desc: '', createdBy: 'portal' },
  ...{ createdMs: nowMs, updatedMs: nowMs, tags: [], ids: {} },
  ...facts,
});

type Refusal = Extract<Admission, { is: 'refused' }>;

const refused = (connack: Refusal['connack'], why: string): Refusal => ({ is: 'refused', connack, why });
const CONNACKS = { '2': 2, '4': 4, '5': 5 } as const;

/** Who may connect. Welcomes bind the application id to the thing, and make the thing where the token says so. */
export function createAdmission({ clock, account, ledger, settings }: AdmissionDeps): (who: Applicant) => Admission {
  const register = (token: Token, thingKey: string): Thing | Refusal => {
    const { definition, tags } = token;
    if (definition === null) return refused(CONNACKS[settings().connackNoAutoreg], 'thing unknown, none is registered');
    if (account.things.length >= MAX_THINGS) return refused(5, 'too many things');
    const facts = { name: `auto:${thingKey}`, createdBy: 'AUTOREG', defKey: definition, tags: [...tags] };
    const thing = newThing(account, clock.wall(), thingKey, facts);
    account.things.push(thing);
    return thing;
  };

  const judge = (who: Applicant): { verdict: Admission; isCreated?: boolean; isBound?: boolean } => {
    const token = account.tokens.find((each) => each.token === who.appToken);
    if (!token) return { verdict: refused(CONNACKS[settings().connackUnknownToken], 'unknown token') };
    if (!isKey(who.thingKey)) return { verdict: refused(2, 'malformed thing key') };
    if (who.applicationId === '' || who.applicationId.length > MAX_APPLICATION_ID)
      return { verdict: refused(2, 'malformed application id') };
    const known = account.things.find(({ key }) => key === who.thingKey);
    const thing = known ?? register(token, who.thingKey);
    if ('is' in thing) return { verdict: thing };
    const own = hashOf(who.applicationId);
    const isBound = thing.boundTo === undefined;
    if (!isBound && thing.boundTo !== own)
      return { verdict: refused(CONNACKS[settings().connackBinding], 'another application id is bound') };
    thing.boundTo = own;
    if (isBound) account.save();
    const session = { thingKey: thing.key, token: token.token };
    return { verdict: { is: 'welcome', session }, isCreated: !known, isBound };
  };

  return (who) => {
    const { verdict, isCreated = false, isBound = false } = judge(who);
    const seen: AdmissionSeen = {
      ...{ thingKey: who.thingKey.slice(0, 64), via: who.via, atMs: clock.wall() },
      ...(verdict.is === 'welcome'
        ? { answer: 'welcome', isCreated, isBound }
        : { answer: verdict.connack, why: verdict.why }),
    };
    keep(ledger.admissions, seen);
    return verdict;
  };
}
