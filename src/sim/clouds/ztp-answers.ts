// The good answers of the simulated provisioning service: certificates and keys for the broker, credentials for the
// caster, or both (specs/ublox.md 1.3 to 1.5).
import type { SimKey, SimKeys } from '../keys.js';
import type { Pki } from './pki.js';
import type { Registry, SimThing } from './registry.js';
import { listedSubscriptions } from './topics.js';
import type { ZtpProfile } from './ztp-rules.js';

export interface ZtpAnswerDeps {
  pki: Pki;
  registry: Registry;
  keys: SimKeys;
  brokerHost: () => string;
  casterPorts: () => { plain: number; tls: number };
}

export interface ZtpAnswers {
  /** `spoiled`: what is wrong with the certificate. */
  answer(
    thing: SimThing,
    profile: ZtpProfile,
    isComplete: boolean,
    spoiled: 'wrong-key' | 'expired-certificate' | undefined,
  ): Promise<Readonly<Record<string, unknown>>>;
}

const PAST_MS = Date.UTC(2024, 1, 1);

const shownKey = (key: SimKey): Readonly<Record<string, unknown>> => ({
  start: key.startUtcMs,
  duration: key.durationMs,
  value: key.valueHex,
});

/** The key members as the service spells them, in the answer and on the JSON key topic. */
export function shownKeys(keys: SimKeys): Readonly<Record<string, unknown>> {
  const { current, next } = keys.pair();
  return { current: shownKey(current), next: shownKey(next) };
}

export function createZtpAnswers(deps: ZtpAnswerDeps): ZtpAnswers {
  const { pki, registry, keys } = deps;

  const forBroker: ZtpAnswers['answer'] = async (thing, _profile, isComplete, spoiled) => {
    const rest = {
      clientId: thing.clientId,
      brokerHost: deps.brokerHost(),
      supportsMqtt: true,
      supportsLband: false,
      subscriptionsTitle: 'MQTT Subscriptions',
      subscriptions: listedSubscriptions(),
      rotatingKeyTitle: 'Dynamic Keys',
      dynamickeys: shownKeys(keys),
    };
    if (!isComplete) return rest;
    const issued = await pki.issueClient(
      thing.clientId,
      spoiled === 'expired-certificate' ? { notAfterMs: PAST_MS } : {},
    );
    registry.change(thing, { serials: [...thing.serials, issued.serial] });
    const privateKey = spoiled === 'wrong-key' ? (await pki.issueClient('stranger')).privateKey : issued.privateKey;
    return { certificate: issued.certificate, privateKey, ...rest };
  };

  const forCaster = (thing: SimThing, profile: ZtpProfile, isComplete: boolean): Record<string, unknown> => {
    const { plain, tls } = deps.casterPorts();
    const port = (value: number): string | number => (profile.httpPortAs === 'string' ? String(value) : value);
    return {
      rtcmCredentials: {
        ...(isComplete ? { endpoint: 'localhost' } : {}),
        httpPort: port(plain),
        ...(profile.httpsPort === 'sent' ? { httpsPort: port(tls) } : {}),
        ...registry.ntripOf(thing),
        mountPoint: profile.mountPoint,
      },
    };
  };

  return {
    async answer(thing, profile, isComplete, spoiled) {
      const { plan } = profile;
      return {
        ...(plan === 'ntrip' ? {} : await forBroker(thing, profile, isComplete, spoiled)),
        ...(plan === 'mqtt' ? {} : forCaster(thing, profile, isComplete)),
      };
    },
  };
}
