// The provisioning answer, decoded into one of three identities (specs/ublox.md sections 1.3, 1.4, 1.6). It is text
// from outside: all of it is bounded, and an answer is taken whole or not at all.
import { type ErrorCode, Secret, WaymarkError } from '../core/index.js';
import type { ChipcodeIdentity, Identity, KeysIdentity, NtripIdentity, SpartnKey } from '../vault/index.js';

export const MAX_ANSWER_BYTES = 65_536;
const MAX_PEM = 16_384;
const MAX_TOPICS = 64;
const MQTT_TLS_PORT = 8883;
const NTRIP_PORT = 2101;

type Fields = Readonly<Record<string, unknown>>;

const fail = (code: ErrorCode & `ztp.${string}`, message: string): WaymarkError => new WaymarkError(code, message);
const malformed = (message: string): WaymarkError => fail('ztp.malformed', message);

/**
 * The identity in a 2xx answer.
 * Errors: `ztp.incomplete` (activation is still running: ask again), `ztp.malformed` (not this service's answer).
 */
export function decodeZtpAnswer(body: Uint8Array): Identity {
  if (body.length > MAX_ANSWER_BYTES) throw malformed(`answer of ${body.length} bytes`);
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();
  if (text === '') throw malformed('empty answer');
  if (text.startsWith('<')) throw malformed('the answer is a web page');
  const answer = asFields(parseJson(text));
  if (!answer) throw malformed('the answer is not a JSON object');
  const has = (name: string): boolean => member(answer, name) !== undefined;
  // An answer may serve both ways of delivery; certificates win, being the way this program uses.
  if (has('certificate') && has('privateKey')) return decodeKeys(answer);
  if (has('rtcmCredentials')) return decodeNtrip(answer);
  if (has('chipcode')) return decodeChipcode(answer);
  const isActivating = ['certificate', 'privateKey', 'clientId', 'brokerHost', 'subscriptions', 'dynamickeys'].some(
    has,
  );
  if (isActivating) throw fail('ztp.incomplete', 'the answer holds no certificate and key yet');
  throw malformed('the answer holds nothing this service sends');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new WaymarkError('ztp.malformed', 'the answer is not JSON, or cut short', { cause: error });
  }
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** A member by name; another spelling of its case counts when the exact one is absent (`dynamickeys`, `dynamicKeys`). `null` is absent. */
function member(fields: Fields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name] ?? undefined;
  const wanted = name.toLowerCase();
  for (const key of Object.keys(fields)) if (key.toLowerCase() === wanted) return fields[key] ?? undefined;
  return undefined;
}

/** A text member that must be there; an empty one means that activation is not through. */
function text(fields: Fields, name: string, shape: RegExp, max: number): string {
  const value = member(fields, name);
  if (value === undefined || value === '') throw fail('ztp.incomplete', `the answer lacks ${name}`);
  if (typeof value !== 'string' || value.length > max || !shape.test(value))
    throw malformed(`${name} has a wrong shape`);
  return value;
}

const PRINTABLE = /^[\x21-\x7e]+$/;
const HOST = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
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
    ...decodeBroker(broker),
    topics: decodeTopics(member(answer, 'subscriptions')),
    keys: decodeDynamicKeys(member(answer, 'dynamickeys')),
    supports: { ip: member(answer, 'supportsMqtt') !== false, lband: member(answer, 'supportsLband') === true },
  };
}

/** `host`, `host:port`, or either with a scheme in front. */
function decodeBroker(broker: string): { host: string; port: number } {
  const bare = broker.replace(/^[a-z]{2,5}:\/\//i, '');
  const colon = bare.lastIndexOf(':');
  const host = colon < 0 ? bare : bare.slice(0, colon);
  const port = colon < 0 ? MQTT_TLS_PORT : decodePort(bare.slice(colon + 1));
  if (!HOST.test(host) || port === undefined) throw malformed('brokerHost has a wrong shape');
  return { host, port };
}

/** A port as JSON number or string. */
function decodePort(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}

/** Every single path: entries made for people join several by `;`. */
function decodeTopics(subscriptions: unknown): string[] {
  if (subscriptions === undefined) throw fail('ztp.incomplete', 'the answer lacks subscriptions');
  if (!Array.isArray(subscriptions)) throw malformed('subscriptions has a wrong shape');
  const topics = new Set<string>();
  for (const entry of subscriptions as unknown[]) {
    const fields = asFields(entry);
    const path = fields ? member(fields, 'path') : undefined;
    if (typeof path !== 'string') throw malformed('a subscription has no path');
    for (const part of path.split(';')) {
      const topic = part.trim();
      if (topic === '') continue;
      if (topic.length > 256 || !PRINTABLE.test(topic)) throw malformed('a subscription path has a wrong shape');
      topics.add(topic);
      if (topics.size > MAX_TOPICS) throw malformed(`more than ${MAX_TOPICS} subscription paths`);
    }
  }
  return [...topics];
}

function decodeDynamicKeys(value: unknown): { current?: SpartnKey; next?: SpartnKey } {
  if (value === undefined) return {};
  const fields = asFields(value);
  if (!fields) throw malformed('dynamickeys has a wrong shape');
  const current = decodeKey(member(fields, 'current'));
  const next = decodeKey(member(fields, 'next'));
  return { ...(current ? { current } : {}), ...(next ? { next } : {}) };
}

/** Well past any date a key can have; larger numbers are not milliseconds. */
const MAX_UTC_MS = 8.64e15;

function decodeKey(value: unknown): SpartnKey | undefined {
  if (value === undefined) return undefined;
  const fields = asFields(value);
  if (!fields) throw malformed('a dynamic key has a wrong shape');
  const startUtcMs = Number(member(fields, 'start'));
  const durationMs = Number(member(fields, 'duration'));
  const hex = member(fields, 'value');
  const isGood =
    Number.isInteger(startUtcMs) &&
    startUtcMs > 0 &&
    Number.isInteger(durationMs) &&
    durationMs > 0 &&
    startUtcMs + durationMs < MAX_UTC_MS &&
    typeof hex === 'string' &&
    /^[0-9a-f]{32}$/i.test(hex);
  if (!isGood) throw malformed('a dynamic key has a wrong shape');
  return { startUtcMs, durationMs, value: new Secret('spartn-key', hex.toLowerCase()) };
}

function decodeNtrip(answer: Fields): NtripIdentity {
  const fields = asFields(member(answer, 'rtcmCredentials'));
  if (!fields) throw malformed('rtcmCredentials has a wrong shape');
  const host = text(fields, 'endpoint', HOST, 253);
  const port = decodePort(member(fields, 'httpPort') ?? NTRIP_PORT);
  const tls = member(fields, 'httpsPort');
  const tlsPort = decodePort(tls);
  if (port === undefined || (tls !== undefined && tlsPort === undefined)) throw malformed('httpPort has a wrong shape');
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

function decodeChipcode(answer: Fields): ChipcodeIdentity {
  const chipcode = new Secret('chipcode', text(answer, 'chipcode', /^[A-Za-z0-9+/=_-]+$/, 511));
  const serviceUrl = text(answer, 'serviceUrl', /^https:\/\/[\x21-\x7e]+$/, 300);
  const allowed = member(answer, 'allowedData') ?? [];
  const words: unknown[] =
    typeof allowed === 'string' ? allowed.split(',') : Array.isArray(allowed) ? allowed : [undefined];
  const allowedData: string[] = [];
  for (const word of words) {
    if (typeof word !== 'string' || word.length > 64 || allowedData.length >= MAX_TOPICS)
      throw malformed('allowedData has a wrong shape');
    if (word.trim() !== '') allowedData.push(word.trim());
  }
  return { shape: 'chipcode', version: 1, chipcode, serviceUrl, allowedData };
}
