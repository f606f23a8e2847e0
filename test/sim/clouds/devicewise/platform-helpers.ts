// What the tests of the simulated deviceWISE platform share: the platform alone on a clock that stands still, and a
// thing that speaks TR50 to it.
import { createFakeClock, type FakeClock, silentLogger } from '../../../../src/core/index.js';
import {
  createDeviceWisePlatform,
  type DeviceWiseSettings,
  type SimDeviceWisePlatform,
  type ThingSession,
} from '../../../../src/sim/clouds/devicewise/index.js';

export const SEED = 'test';
export const THING = 'thing-1';
export const APP_ID = 'application-1';

export interface PlatformBench {
  platform: SimDeviceWisePlatform;
  clock: FakeClock;
}

export function openPlatform(settings: Partial<DeviceWiseSettings> = {}, folder?: string): PlatformBench {
  const clock = createFakeClock();
  const platform = createDeviceWisePlatform({
    ...{ clock, log: silentLogger, seed: SEED },
    ...(folder === undefined ? {} : { folder }),
  });
  platform.configure(settings);
  return { platform, clock };
}

export interface Answer {
  success: boolean;
  params?: Record<string, unknown>;
  errorCodes?: number[];
  errorMessages?: string[];
}

/** CONNACK 0, or the code of the refusal. */
export function connect(
  platform: SimDeviceWisePlatform,
  who: { thingKey?: string; applicationId?: string; appToken?: string; via?: 'mqtt' | 'http' } = {},
): number {
  const whole = { thingKey: THING, applicationId: APP_ID, appToken: platform.appToken, via: 'mqtt' as const, ...who };
  const verdict = platform.admit(whole);
  return verdict.is === 'welcome' ? 0 : verdict.connack;
}

export interface Speaker {
  session: ThingSession;
  /** The answer to one command. */
  ask(command: string, params?: unknown): Answer;
  /** The answer to a whole request: an object, or bytes as text. */
  send(request: object | string): Readonly<Record<string, unknown>>;
}

export function speak(platform: SimDeviceWisePlatform, thingKey = THING): Speaker {
  const verdict = platform.admit({
    ...{ thingKey, applicationId: `${APP_ID}-of-${thingKey}`, appToken: platform.appToken, via: 'mqtt' },
  });
  if (verdict.is !== 'welcome') throw new Error(verdict.why);
  const { session } = verdict;
  const send = (request: object | string): Readonly<Record<string, unknown>> =>
    platform.execute(session, Buffer.from(typeof request === 'string' ? request : JSON.stringify(request)));
  return {
    session,
    send,
    ask: (command, params) => send({ '1': params === undefined ? { command } : { command, params } })['1'] as Answer,
  };
}

/** The platform with one thing connected. */
export function bench(settings: Partial<DeviceWiseSettings> = {}): PlatformBench & Speaker {
  const opened = openPlatform(settings);
  return { ...opened, ...speak(opened.platform) };
}

export const SUCCESS = { success: true };
