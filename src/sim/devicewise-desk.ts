// Carries out what the simulated deviceWISE is told from outside, and tells how it is.
import type { SimDeviceWise, ThingSeen } from './clouds/devicewise/index.js';
import type { DeviceWiseCommand } from './commands-devicewise.js';
import { mistake } from './fields.js';

export interface DeviceWiseDesk {
  /** Gives what there is to report. Errors: `cli.usage`, as sentences. */
  perform(command: DeviceWiseCommand): Promise<Readonly<Record<string, unknown>>>;
  /** No token and no application id. */
  state(): Readonly<Record<string, unknown>>;
}

type Report = Readonly<Record<string, unknown>>;
type Of<Name extends DeviceWiseCommand['do']> = Extract<DeviceWiseCommand, { do: Name }>;

/** How much of a thing `state` tells. */
const summaryOf = ({ key, name, createdBy, isBound, isConnected, waiting, stored }: ThingSeen): Report => ({
  ...{ key, name, createdBy, isBound, isConnected, waiting },
  locations: stored.locations.length,
  properties: stored.properties.length,
  attributes: stored.attributes.length,
  alarms: stored.alarms.length,
  logs: stored.logs.length,
  ...(stored.locations.length > 0 ? { lastLocation: stored.locations.at(-1) } : {}),
});

export function createDeviceWiseDesk(devicewise: SimDeviceWise): DeviceWiseDesk {
  const { platform, broker, http, seen } = devicewise;

  /** As told, or the thing that was admitted last. */
  const thingKey = (told: string | undefined): string => {
    const last = platform.ledger.admissions.findLast(({ answer }) => answer === 'welcome')?.thingKey;
    const key = told ?? last ?? platform.things.list().at(-1)?.key;
    if (key === undefined) throw mistake('there is no thing yet');
    return key;
  };
  const change = async (told: Of<'devicewise'>): Promise<void> => {
    devicewise.configure(told.change);
    if (told.face !== undefined) await devicewise.show(told.face);
    if (told.outage !== undefined) await broker.setOutage(told.outage);
    if (told.httpOutage !== undefined) await http.setOutage(told.httpOutage);
    if (told.cut === true) broker.cutSessions();
    if (told.endSessions === true) http.sessions.endAll();
  };
  const changeToken = ({ what, token: told, rules }: Of<'devicewise-token'>): Report => {
    const { tokens } = platform;
    const missing = mistake('there is no such token');
    // Whoever is to use it by hand says it: what is shown has no token in it.
    if (what === 'add') return { token: tokens.add({ ...rules, ...(told === undefined ? {} : { text: told }) }) };
    const token = told ?? platform.appToken;
    if (what === 'rotate') {
      const rotated = tokens.rotate(token);
      if (rotated === undefined) throw missing;
      return { token: rotated };
    }
    if (!(what === 'remove' ? tokens.remove(token) : tokens.change(token, rules))) throw missing;
    return {};
  };
  const changeThing = ({ what, thing, application = '' }: Of<'devicewise-thing'>): Report => {
    const { things } = platform;
    const key = thingKey(thing);
    const isDone = {
      create: () => things.create(key),
      delete: () => things.delete(key),
      bind: () => things.bind(key, application),
      unbind: () => things.unbind(key),
    }[what]();
    if (!isDone) throw mistake(what === 'create' ? 'there is such a thing already' : 'there is no such thing');
    // Whoever speaks for a thing that is gone has to come again.
    if (what === 'delete') broker.cutSessions(key);
    return { thing: key };
  };

  return {
    async perform(told) {
      switch (told.do) {
        case 'devicewise':
          await change(told);
          return {};
        case 'devicewise-fault': {
          const { fault, times, front } = told;
          if (fault === 'none') devicewise.clearFaults();
          else devicewise.pushFault(fault, { times, ...(front === undefined ? {} : { front }) });
          return {};
        }
        case 'devicewise-method':
          return { id: platform.method(thingKey(told.thing), told.name, told.params, told.options) };
        case 'devicewise-mail':
          return { id: platform.mail(thingKey(told.thing), told.command, told.params, told.options) };
        case 'devicewise-token':
          return changeToken(told);
        case 'devicewise-thing':
          return changeThing(told);
        case 'devicewise-definition':
          platform.define(told.rules);
          return {};
      }
    },
    state() {
      const { connects, calls } = seen;
      const { requests, outcomes } = platform.ledger;
      const things = platform.things.list();
      const lastMethod = things
        .flatMap(({ key }) => platform.methodsOf(key))
        .reduce<Report | undefined>(
          (newest, call) => (newest && Number(newest['queuedMs']) > call.queuedMs ? newest : { ...call }),
          undefined,
        );
      const [lastConnect, lastCall, lastOutcome] = [connects.at(-1), calls.at(-1), outcomes.at(-1)];
      return {
        ...devicewise.settings,
        outage: broker.outage,
        httpOutage: http.outage,
        sessions: broker.sessions,
        httpSessions: http.sessions.live,
        connects: connects.length,
        refused: connects.filter(({ answer }) => answer !== 'welcome').length,
        requests: requests.length,
        httpCalls: calls.length,
        failed: outcomes.filter(({ isOk }) => !isOk).length,
        locations: things.reduce((sum, { stored }) => sum + stored.locations.length, 0),
        things: things.map(summaryOf),
        ...(lastConnect ? { lastConnect } : {}),
        ...(lastCall ? { lastCall } : {}),
        ...(lastOutcome ? { lastOutcome } : {}),
        ...(lastMethod ? { lastMethod } : {}),
      };
    },
  };
}
