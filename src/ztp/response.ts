// The provisioning answer, decoded into one of three identities (specs/ublox.md sections 1.3, 1.4, 1.6). It is text
// from outside: all of it is bounded, and an answer is taken whole or not at all.
import { Secret, WaymarkError } from '../core/index.js';
import type { ChipcodeIdentity, KeysIdentity, NtripIdentity } from '../vault/index.js';
import { asFields, type Fields, malformed, member, parseObject } from './fields.js';
import { decodeBroker, decodeDynamicKeys, decodePort, HOST, PRINTABLE, splitTopics } from './parts.js';

export const MAX_ANSWER_BYTES = 65_536;
const MAX_PEM = 16_384;
const MAX_WORDS = 64;
const NTRIP_PORT = 2101;

/** Which way of delivery is wanted; `auto` takes NTRIP where it is offered, because MQTT is announced to end. */
export type ShapePreference = 'auto' | 'ntrip' | 'mqtt';

const incomplete = (message: string): WaymarkError => new WaymarkError('ztp.incomplete', message);

/**
 * The correction identity in a 2xx answer. Errors: `ztp.incomplete` (activation is still running: ask again),
 * `ztp.unsupported-plan` (whole, but for another way than the preferred one), `assist.wrong-kind` (an AssistNow profile's),
 * `ztp.malformed` (not this service's answer).
 */
export function decodeZtpAnswer(
  body: Uint8Array,
  { prefer = 'auto' }: { prefer?: ShapePreference } = {},
): KeysIdentity | NtripIdentity {
  const answer = readAnswer(body);
  const offersKeys = KEYS_MEMBERS.some((name) => has(answer, name));
  const offersNtrip = has(answer, 'rtcmCredentials');
  if (prefer !== 'mqtt' && offersNtrip) {
    if (prefer === 'ntrip' || !offersKeys) return decodeNtrip(answer);
    const ntrip = attempt(() => decodeNtrip(answer));
    return 'taken' in ntrip ? ntrip.taken : decodeKeys(answer);
  }
  if (prefer !== 'ntrip' && offersKeys) return decodeKeys(answer);
  // Only what is whole shows the plan; half an answer of the other kind may still be followed by the wanted one.
  if (offersNtrip) {
    decodeNtrip(answer);
    throw unsupported('NTRIP', 'MQTT', 'ntrip');
  }
  if (offersKeys) {
    decodeKeys(answer);
    throw unsupported('MQTT', 'NTRIP', 'mqtt');
  }
  if (has(answer, 'chipcode'))
    throw new WaymarkError('assist.wrong-kind', 'the answer is of an AssistNow profile', {
      evidence: { http: 200, offers: 'chipcode' },
      hint: 'This ZTP token belongs to an AssistNow device profile: put it into assistNow.token, and the token of a PointPerfect profile into ztp.token.',
    });
  if ([...KEYS_MEMBERS, 'rtcmCredentials', 'clientId'].some((name) => member(answer, name) !== undefined))
    throw incomplete('the answer holds neither a certificate nor an NTRIP account yet');
  throw malformed('the answer holds nothing this service sends');
}

/** The chipcode in a 2xx answer of AssistNow's provisioning. Errors: as `decodeZtpAnswer`. */
export function decodeAssistAnswer(body: Uint8Array): ChipcodeIdentity {
  const answer = readAnswer(body);
  if (has(answer, 'chipcode')) return decodeChipcode(answer);
  if ([...KEYS_MEMBERS, 'rtcmCredentials', 'clientId'].some((name) => has(answer, name)))
    throw new WaymarkError('assist.wrong-kind', 'the answer is of a PointPerfect profile', {
      evidence: { http: 200, offers: 'corrections' },
      hint: 'This ZTP token belongs to a PointPerfect device profile: put it into ztp.token, and the token of an AssistNow profile into assistNow.token.',
    });
  if (['serviceUrl', 'allowedData'].some((name) => has(answer, name))) throw incomplete('the answer lacks chipcode');
  throw malformed('the answer holds nothing this service sends');
}

/** Any of these shows the MQTT plan; the client id comes with both. */
const KEYS_MEMBERS = ['certificate', 'privateKey', 'brokerHost', 'subscriptions', 'dynamickeys'] as const;

/** Is it there with something in it? Members of the other plan have been announced empty. */
function has(answer: Fields, name: string): boolean {
  const value = member(answer, name);
  if (value === undefined || value === '') return false;
  return typeof value !== 'object' || Object.keys(value as object).length > 0;
}

function attempt<T>(work: () => T): { taken: T } | { failed: unknown } {
  try {
    return { taken: work() };
  } catch (failed) {
    return { failed };
  }
}

const unsupported = (offered: string, wanted: string, setting: ShapePreference): WaymarkError =>
  new WaymarkError('ztp.unsupported-plan', `the plan delivers over ${offered}, not over ${wanted}`, {
    hint: `The plan of this Thing delivers over ${offered} only: set corrections.source to auto (or ${setting}), or choose a plan with ${wanted} delivery in the Thingstream portal.`,
  });

function readAnswer(body: Uint8Array): Fields {
  if (body.length > MAX_ANSWER_BYTES) throw malformed(`answer of ${body.length} bytes`);
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();
  if (text === '') throw malformed('empty answer');
  if (text.startsWith('<')) throw malformed('the answer is a web page');
  return parseObject(text, 'the answer');
}

/** A text member that must be there; an empty one means that activation is not through. */
function text(fields: Fields, name: string, shape: RegExp, max: number): string {
  const value = member(fields, name);
  if (value === undefined || value === '') throw incomplete(`the answer lacks ${name}`);
  if (typeof value !== 'string' || value.length > max || !shape.test(value))
    throw malformed(`${name} has a wrong shape`);
  return value;
}

const CERTIFICATE = /^\s{0,8}-----BEGIN CERTIFICATE-----[\s\S]*-----END CERTIFICATE-----\s{0,8}$/;
const PRIVATE_KEY =
  /^\s{0,8}-----BEGIN (?:RSA |EC )?PRIVATE KEY-----[\s\S]*-----END (?:RSA |EC )?PRIVATE KEY-----\s{0,8}$/;

function decodeKeys(answer: Fields): KeysIdentity {
  const certificate = text(answer, 'certificate', CERTIFICATE, MAX_PEM);
  const privateKey = new Secret('client-key', text(answer, 'privateKey', PRIVATE_KEY, MAX_PEM));
  const broker = text(answer, 'brokerHost', PRINTABLE, 300);
  return {
    shape: 'keys',
    version: 1,
    clientId: text(answer, 'clientId', PRINTABLE, 128),
    certificate,
    privateKey,
    ...decodeBroker(broker, 'brokerHost'),
    topics: decodeTopics(member(answer, 'subscriptions')),
    keys: decodeDynamicKeys(member(answer, 'dynamickeys')),
    supports: { ip: member(answer, 'supportsMqtt') !== false, lband: member(answer, 'supportsLband') === true },
  };
}

function decodeTopics(subscriptions: unknown): string[] {
  if (subscriptions === undefined) throw incomplete('the answer lacks subscriptions');
  if (!Array.isArray(subscriptions)) throw malformed('subscriptions has a wrong shape');
  return splitTopics(
    (subscriptions as unknown[]).map((entry) => {
      const fields = asFields(entry);
      const path = fields ? member(fields, 'path') : undefined;
      if (typeof path !== 'string') throw malformed('a subscription has no path');
      return path;
    }),
  );
}

/** Names a TLS port has been seen or is likely to come under; one of another shape is put up with. */
const TLS_PORT_MEMBERS = ['httpsPort', 'tlsPort'] as const;

function decodeNtrip(answer: Fields): NtripIdentity {
  const fields = asFields(member(answer, 'rtcmCredentials'));
  if (!fields) throw malformed('rtcmCredentials has a wrong shape');
  const host = text(fields, 'endpoint', HOST, 253);
  const port = decodePort(member(fields, 'httpPort') ?? NTRIP_PORT);
  if (port === undefined) throw malformed('httpPort has a wrong shape');
  const tlsPort = TLS_PORT_MEMBERS.map((name) => decodePort(member(fields, name))).find((p) => p !== undefined);
  return {
    shape: 'ntrip',
    version: 1,
    host,
    port,
    ...(tlsPort === undefined ? {} : { tlsPort }),
    userName: text(fields, 'userName', PRINTABLE, 256),
    password: new Secret('password', text(fields, 'password', PRINTABLE, 256)),
    mountPoint: text(fields, 'mountPoint', /^[\w./-]+$/, 100),
  };
}

/** These names are shown to people, line by line: nothing that could pass for a line of ours. */
const DATA_NAME = /^[\w.-]{1,64}$/;

function decodeChipcode(answer: Fields): ChipcodeIdentity {
  const chipcode = new Secret('chipcode', text(answer, 'chipcode', /^[A-Za-z0-9+/=_-]+$/, 511));
  const serviceUrl = text(answer, 'serviceUrl', /^https:\/\/[\x21-\x7e]+$/, 300);
  const allowed = member(answer, 'allowedData') ?? [];
  const words: unknown[] =
    typeof allowed === 'string' ? allowed.split(',') : Array.isArray(allowed) ? allowed : [undefined];
  const allowedData: string[] = [];
  for (const word of words) {
    const name = typeof word === 'string' ? word.trim() : undefined;
    if (name === '') continue;
    if (name === undefined || !DATA_NAME.test(name) || allowedData.length >= MAX_WORDS)
      throw malformed('allowedData has a wrong shape');
    allowedData.push(name);
  }
  return { shape: 'chipcode', version: 1, chipcode, serviceUrl, allowedData };
}
