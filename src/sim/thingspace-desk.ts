// Carries out what the simulated ThingSpace is told from outside, and tells how it is.
import type { SimThingSpace } from './clouds/thingspace/index.js';
import type { ThingSpaceCommand } from './commands-thingspace.js';
import { mistake, present } from './fields.js';

export interface ThingSpaceDesk {
  /** Gives what there is to report. Errors: `cli.usage`, as sentences. */
  perform(command: ThingSpaceCommand): Promise<Readonly<Record<string, unknown>>>;
  /** No credential, and no number of a device. */
  state(): Readonly<Record<string, unknown>>;
}

type Of<Name extends ThingSpaceCommand['do']> = Extract<ThingSpaceCommand, { do: Name }>;

export function createThingSpaceDesk(thingspace: SimThingSpace): ThingSpaceDesk {
  const change = async (command: Of<'thingspace'>): Promise<void> => {
    thingspace.configure(command.change);
    if (command.ageTokenS !== undefined) thingspace.ageToken(command.ageTokenS * 1000);
    if (command.ageSessionsS !== undefined) thingspace.ageSessions(command.ageSessionsS * 1000);
    if (command.revokeToken === true) thingspace.revokeToken();
    if (command.face !== undefined) await thingspace.show(command.face);
  };
  const changeDevice = (command: Of<'thingspace-device'>): void => {
    const imei = command.imei ?? thingspace.description.imei;
    // A new device needs its number first: its place and cache are changes to what is then there.
    const missing = mistake(`there is no device ${imei}; a new one needs mdn`);
    if (!thingspace.changeDevice(imei, command.change)) throw missing;
    const device = thingspace.devices.find((each) => each.imei === imei);
    if (!device) throw missing;
    thingspace.changeDevice(imei, { place: { ...device.place, ...command.place } });
    const { cacheAgeS } = command;
    if (cacheAgeS !== undefined) thingspace.cachePlace(imei, cacheAgeS === 'none' ? undefined : cacheAgeS * 1000);
  };

  return {
    async perform(command) {
      switch (command.do) {
        case 'thingspace':
          await change(command);
          return {};
        case 'thingspace-fault': {
          const { fault, times, call } = command;
          if (fault === 'none') thingspace.clearFaults();
          else thingspace.pushFault(fault, { times, ...present({ call }) });
          return {};
        }
        case 'thingspace-device':
          changeDevice(command);
          return {};
        case 'thingspace-user':
          thingspace.unlockUser();
          return { user: thingspace.user };
      }
    },
    state() {
      const lastRequest = thingspace.requests.at(-1);
      return {
        ...thingspace.settings,
        ...thingspace.counters,
        user: thingspace.user,
        devices: thingspace.devices.map(({ isReachable, consent, place, cache }) => ({
          ...{ isReachable, consent, place },
          ...(cache ? { cachedAt: new Date(cache.fixUtcMs).toISOString() } : {}),
        })),
        requests: thingspace.requests.length,
        ...(lastRequest ? { lastRequest } : {}),
      };
    },
  };
}
