// What an administrator does in the portal: app tokens, thing definitions, things.
import type { Clock } from '../../../core/index.js';
import {
  DEFAULT_DEFINITION,
  type DeviceWiseAccount,
  hashOf,
  newDefinition,
  newTokenRules,
  type Thing,
  type Token,
} from './account.js';
import { MAX_THINGS, newThing } from './admission.js';
import type { DefinitionRules, DeviceWiseThings, DeviceWiseTokens, ThingSeen } from './control.js';
import { keep } from './ledger.js';
import { isKey } from './params.js';

const MAX_FORMER = 100;

export interface Organisation {
  tokens: DeviceWiseTokens;
  things: DeviceWiseThings;
  define(definition: Partial<DefinitionRules> & { key: string }): void;
  /** What a session with this token may do; `isGone`: nobody can connect with it any more. */
  rolesOf(token: string): { roles: readonly string[]; isGone: boolean };
}

export interface OrganisationDeps {
  clock: Clock;
  account: DeviceWiseAccount;
  see: (thing: Thing) => ThingSeen;
  /** A thing is gone, with everything it had. */
  forget: (thingKey: string) => void;
}

const rulesOf = ({ name, definition, roles, tags }: Token): ReturnType<DeviceWiseTokens['list']>[number] => ({
  name,
  definition,
  roles,
  tags,
});

export function createOrganisation({ clock, account, see, forget }: OrganisationDeps): Organisation {
  /** Tokens that are gone: their live sessions keep what they had. */
  const former: { token: string; roles: readonly string[] }[] = [];
  const tokenOf = (text: string): Token | undefined => account.tokens.find(({ token }) => token === text);
  const thingOf = (key: string): Thing | undefined => account.things.find((thing) => thing.key === key);
  const retire = ({ token, roles }: Token): void => void keep(former, { token, roles: [...roles] }, MAX_FORMER);
  const changeThing = (key: string, change: (thing: Thing) => void): boolean => {
    const thing = thingOf(key);
    if (!thing) return false;
    change(thing);
    account.save();
    return true;
  };

  return {
    tokens: {
      list: () => account.tokens.map(rulesOf),
      add({ text = account.newToken(), ...rules } = {}) {
        const at = account.tokens.findIndex(({ token }) => token === text);
        if (at >= 0) account.tokens.splice(at, 1);
        account.tokens.push({ ...newTokenRules(), ...rules, token: text });
        account.save();
        return text;
      },
      remove(text) {
        const token = tokenOf(text);
        if (!token) return false;
        retire(token);
        account.tokens.splice(account.tokens.indexOf(token), 1);
        account.save();
        return true;
      },
      change(text, rules) {
        const token = tokenOf(text);
        if (!token) return false;
        Object.assign(token, rules);
        account.save();
        return true;
      },
      rotate(text) {
        const token = tokenOf(text);
        if (!token) return undefined;
        retire(token);
        const isReady = account.appToken === text;
        token.token = account.newToken();
        if (isReady) account.appToken = token.token;
        account.save();
        return token.token;
      },
    },
    things: {
      list: () => account.things.map(see),
      get(key) {
        const thing = thingOf(key);
        return thing && see(thing);
      },
      create(key, { name, definition = DEFAULT_DEFINITION, tags = [] } = {}) {
        if (!isKey(key) || thingOf(key) || account.things.length >= MAX_THINGS) return false;
        const facts = { defKey: definition, tags: [...tags], ...(name === undefined ? {} : { name }) };
        account.things.push(newThing(account, clock.wall(), key, facts));
        account.save();
        return true;
      },
      delete(key) {
        const thing = thingOf(key);
        if (!thing) return false;
        account.things.splice(account.things.indexOf(thing), 1);
        forget(key);
        account.save();
        return true;
      },
      bind: (key, applicationId) => changeThing(key, (thing) => void (thing.boundTo = hashOf(applicationId))),
      unbind: (key) =>
        changeThing(key, (thing) => {
          delete thing.boundTo;
        }),
    },
    define(changes) {
      const known = account.definitions.find(({ key }) => key === changes.key);
      if (known) Object.assign(known, changes);
      else account.definitions.push({ ...newDefinition(changes.key), ...changes });
      account.save();
    },
    rolesOf(text) {
      const token = tokenOf(text);
      if (token) return { roles: token.roles, isGone: false };
      return { roles: former.find((each) => each.token === text)?.roles ?? [], isGone: true };
    },
  };
}
