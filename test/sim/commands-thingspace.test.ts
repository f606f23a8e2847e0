// Commands to the simulated ThingSpace: how they are read, and that each has its effect.
import { describe, expect, test } from 'vitest';
import { createFakeClock, silentLogger } from '../../src/core/index.js';
import { createSimClouds } from '../../src/sim/clouds/index.js';
import { createCloudsDesk } from '../../src/sim/clouds-desk.js';
import { readCommand, type ThingSpaceCommand } from '../../src/sim/commands.js';
import { inScratch } from '../helpers/scratch.js';

const typed = (line: string) => {
  const [verb = '', ...words] = line.split(' ');
  return readCommand({ do: verb, words }, 'clouds') as ThingSpaceCommand;
};

describe('reading', () => {
  test.each([
    [
      'thingspace expiresIn=always-3600 scope=false revokedHeader=false faultWrapped=false faultCode=number errorBody=xml wrongPath=fault subscribed=false',
      {
        ...{ expiresIn: 'always-3600', isScopeShown: false, isRevokedTokenShown: false, faultWrapped: false },
        ...{ faultCode: 'number', errorBody: 'xml', wrongPath: 'fault', isSubscribed: false },
      },
    ],
    [
      'thingspace singleSessionPerUser=true failedCallsSlide=true sessionErrorStatus=403 sessionErrorShape=E3 sessionExpiresIn=1200 loginErrorTail=A.B checksCharacters=false',
      {
        ...{ singleSessionPerUser: true, failedCallsSlide: true, sessionErrorStatus: 403, sessionErrorShape: 'E3' },
        ...{ sessionExpiresInS: 1200, loginErrorTail: 'A.B', checksCharacters: false },
      },
    ],
    [
      'thingspace utcOffset=+HHMM zoneMinutes=-330 callbackDelayMs=10 rate=5 retryAfter=date retryAfterS=7 moreDevices=true',
      {
        ...{ utcOffset: '+HHMM', zoneMinutes: -330, callbackDelayMs: 10, ratePerMinute: 5 },
        ...{ retryAfter: 'date', retryAfterS: 7, hasMoreDevices: true },
      },
    ],
    [
      'thingspace operator=latched operatorRetryAfter=seconds operatorRetryAfterS=9 operatorExpiresIn=absent operatorStale=true operatorSession=false operatorNotBefore=60',
      {
        ...{ operator: 'latched', operatorRetryAfter: 'seconds', operatorRetryAfterS: 9, operatorExpiresIn: 'absent' },
        ...{ isOperatorStale: true, doesOperatorSendSession: false, operatorNotBeforeS: 60 },
      },
    ],
  ])('%s', (line, change) => {
    expect(typed(line)).toEqual({ do: 'thingspace', change });
  });

  test.each<[string, ThingSpaceCommand]>([
    [
      'thingspace ageToken=3601 ageSessions=1201 revokeToken=true face=expired',
      { do: 'thingspace', change: {}, ageTokenS: 3601, ageSessionsS: 1201, revokeToken: true, face: 'expired' },
    ],
    [
      'thingspace-fault status status=429 retryAfter=date times=2 call=login',
      {
        ...{ do: 'thingspace-fault', times: 2, call: 'login' },
        fault: { is: 'status', status: 429, retryAfter: { as: 'date', seconds: 30 } },
      },
    ],
    ['thingspace-fault status', { do: 'thingspace-fault', fault: { is: 'status', status: 503 }, times: 1 }],
    [
      'thingspace-fault redirect location=https://a.invalid/',
      { do: 'thingspace-fault', fault: { is: 'redirect', location: 'https://a.invalid/' }, times: 1 },
    ],
    ['thingspace-fault stall', { do: 'thingspace-fault', fault: { is: 'stall', forMs: 30_000 }, times: 1 }],
    ['thingspace-fault oversized', { do: 'thingspace-fault', fault: { is: 'oversized', bytes: 2_000_000 }, times: 1 }],
    ['thingspace-fault cut', { do: 'thingspace-fault', fault: { is: 'cut' }, times: 1 }],
    ['thingspace-fault none', { do: 'thingspace-fault', fault: 'none', times: 1 }],
    [
      'thingspace-device reachable=false lat=1.5 cacheAge=60',
      { do: 'thingspace-device', change: { isReachable: false }, place: { latitudeDeg: 1.5 }, cacheAgeS: 60 },
    ],
    [
      'thingspace-device imei=001017009999999 mdn=7025550199 cacheAge=none',
      { do: 'thingspace-device', imei: '001017009999999', change: { mdn: '7025550199' }, place: {}, cacheAgeS: 'none' },
    ],
    ['thingspace-user unlock', { do: 'thingspace-user', unlock: true }],
  ])('%s', (line, command) => {
    expect(typed(line)).toEqual(command);
  });

  test.each([
    ['thingspace', 'nothing to change'],
    ['thingspace sessionErrorStatus=401', 'must be one of 400, 403'],
    ['thingspace utcOffset=Z', 'utcOffset must be one of'],
    ['thingspace-fault melt', 'must be one of'],
    ['thingspace-device', 'nothing to change'],
    ['thingspace-device cacheAge=long', 'cacheAge must be seconds, or none'],
    ['thingspace-device cacheAge=999999999', 'cacheAge must be at most'],
    ['thingspace-device mdn=123', 'mdn must be ten digits'],
    ['thingspace-user lock', 'action must be one of unlock'],
  ])('%s is refused with a sentence', (line, why) => {
    expect(() => typed(line)).toThrow(why);
  });
});

test('what is told has its effect, and state tells it without a credential', async () => {
  await inScratch(async (folder) => {
    const clock = createFakeClock();
    await using clouds = await createSimClouds({ clock, log: silentLogger, stateDir: folder });
    const { thingspace } = clouds;
    const desk = createCloudsDesk(clouds);
    const tell = (line: string) => desk.perform(typed(line));
    await tell('thingspace rate=5 ageToken=1 ageSessions=1 revokeToken=true face=normal');
    await tell('thingspace-device consent=excluded lat=1 lon=2 radius=3 cacheAge=60');
    await tell('thingspace-device imei=001017009999999 mdn=7025550199 reachable=false');
    await tell('thingspace-fault cut times=2');
    await tell('thingspace-fault none');
    expect(await tell('thingspace-user unlock')).toEqual({ user: { failCount: 0, isLocked: false } });
    await expect(tell('thingspace-device imei=001017008888888 reachable=false')).rejects.toThrow('a new one needs mdn');
    const place = { latitudeDeg: 1, longitudeDeg: 2, radiusM: 3 };
    expect(thingspace.devices).toMatchObject([
      { consent: 'excluded', place, cache: { place, fixUtcMs: clock.wall() - 60_000 } },
      { imei: '001017009999999', mdn: '7025550199', isReachable: false },
    ]);
    await tell('thingspace-device cacheAge=none');
    expect(thingspace.devices[0]?.cache).toBeUndefined();
    const state = desk.state();
    expect(state['thingspace']).toMatchObject({ ratePerMinute: 5, billed: 0, logins: 0, requests: 0 });
    const { key, secret, username, password, account, imei, mdn, enrolmentToken } = clouds.description.thingspace;
    for (const value of [key, secret, username, password, account, imei, mdn, enrolmentToken])
      expect(JSON.stringify(state)).not.toContain(value);
  });
});
