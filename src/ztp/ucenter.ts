// The u-center configuration (JSON) that the portal gives for a Thing, also one made with a promo code, which cannot be
// provisioned (specs/ublox.md section 1.9). It stands in for a provisioning answer of shape `keys`.
import { isWaymarkError, Secret, scrubber, WaymarkError } from '../core/index.js';
import { checkIdentity, type KeysIdentity } from '../vault/index.js';
import { asFields, type Fields, member, parseObject } from './fields.js';
import { decodeBroker, decodeDynamicKeys, PRINTABLE, splitTopics } from './parts.js';
import { certificatePem, privateKeyPem } from './pem.js';

/** Far more than any the portal gives. */
export const MAX_UCENTER_BYTES = 262_144;

const CONNECTIVITY = 'MQTT.Connectivity';
const CREDENTIALS = `${CONNECTIVITY}.ClientCredentials`;
const SUBSCRIPTIONS = 'MQTT.Subscriptions';
/** Section of the subscriptions and its list; keys first, so that the first topics are those of the keys. */
const TOPIC_LISTS = [
  ['Key', 'KeyTopics'],
  ['AssistNow', 'AssistNowTopics'],
  ['Data', 'DataTopics'],
] as const;

function invalid(path: string, what: string): WaymarkError {
  return new WaymarkError('identity.invalid', `the u-center file: ${path} ${what}`, {
    hint: `Look at ${path} in the file that identity.ucenterConfigFile names, or download it again from the Thing’s page in the Thingstream portal.`,
  });
}

/**
 * The identity in a u-center file; certificate and key are checked to belong together, dates are not looked at.
 * Errors: `identity.invalid`, whose hint names the member.
 */
export function parseUcenterConfig(text: string): KeysIdentity {
  if (Buffer.byteLength(text) > MAX_UCENTER_BYTES)
    throw new WaymarkError('identity.invalid', `the u-center file is larger than ${MAX_UCENTER_BYTES / 1024} KiB`, {
      hint: 'identity.ucenterConfigFile must name the JSON file that the Thing’s page in the Thingstream portal gives for u-center.',
    });
  const root = within('the whole', () => parseObject(text.replace(/^\uFEFF/, '').trim(), 'the u-center file'));
  const mqtt = section(root, 'MQTT', 'MQTT');
  const connectivity = section(mqtt, 'Connectivity', CONNECTIVITY);
  const credentials = section(connectivity, 'ClientCredentials', CREDENTIALS);
  const certificate = pem(credentials, 'Cert', 'certificate', certificatePem);
  const privateKey = new Secret('client-key', pem(credentials, 'Key', 'private key', privateKeyPem));
  const ca = optionalPem(credentials, 'RootCA');
  const clientId = member(connectivity, 'ClientID');
  if (typeof clientId !== 'string' || clientId.length > 128 || !PRINTABLE.test(clientId))
    throw invalid(`${CONNECTIVITY}.ClientID`, 'is not a client id');
  const topics = topicsOf(section(mqtt, 'Subscriptions', SUBSCRIPTIONS));
  const hasLband = topics.some((topic) => /^\/pp\/Lb(?:\/|$)/.test(topic));
  const identity: KeysIdentity = {
    shape: 'keys',
    version: 1,
    clientId,
    certificate,
    privateKey,
    ...brokerOf(member(connectivity, 'ServerURI')),
    topics,
    keys: within('MQTT.dynamicKeys', () => decodeDynamicKeys(member(mqtt, 'dynamicKeys'))),
    supports: { ip: !hasLband || topics.some((topic) => /^\/?pp\/ip(?:\/|$)/.test(topic)), lband: hasLband },
    ...(ca === undefined ? {} : { caPem: ca }),
  };
  within(`${CREDENTIALS}.Cert`, () => checkIdentity(identity, undefined));
  return identity;
}

/** Errors of the parts, told as errors of this file. */
function within<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isWaymarkError(error)) throw error;
    throw invalid(path, `is not usable (${error.message})`);
  }
}

function section(from: Fields, name: string, path: string): Fields {
  const value = member(from, name);
  if (value === undefined) throw invalid(path, 'is missing');
  const fields = asFields(value);
  if (!fields) throw invalid(path, 'is no section');
  return fields;
}

function pem(from: Fields, name: string, what: string, read: (text: string) => string | undefined): string {
  const path = `${CREDENTIALS}.${name}`;
  const value = member(from, name);
  if (value === undefined || value === '') throw invalid(path, 'is missing');
  if (typeof value !== 'string') throw invalid(path, `holds no ${what}`);
  // Whatever its form in the file, the key must not be seen in any output.
  if (name === 'Key') scrubber.register('client-key', value);
  const found = read(value);
  if (found === undefined) throw invalid(path, `holds no ${what} that can be read`);
  return found;
}

function optionalPem(from: Fields, name: string): string | undefined {
  const value = member(from, name);
  return value === undefined || value === '' ? undefined : pem(from, name, 'certificate', certificatePem);
}

const URI = /^(?:(ssl|tls|mqtts|tcps|tcp|mqtt):\/\/)?([^/]*)\/?$/i;

function brokerOf(uri: unknown): { host: string; port: number } {
  const path = `${CONNECTIVITY}.ServerURI`;
  if (uri === undefined || uri === '') throw invalid(path, 'is missing');
  const [, , address] = typeof uri === 'string' && uri.length <= 300 ? (URI.exec(uri.trim()) ?? []) : [];
  if (address === undefined) throw invalid(path, 'is not a server such as ssl://host:8883');
  return within(path, () => decodeBroker(address, 'the server'));
}

/** Of all three lists; a list may be missing, or a single text. */
function topicsOf(subscriptions: Fields): string[] {
  const entries: string[] = [];
  for (const [part, list] of TOPIC_LISTS) {
    const fields = asFields(member(subscriptions, part));
    const value = fields ? member(fields, list) : undefined;
    const path = `${SUBSCRIPTIONS}.${part}.${list}`;
    for (const topic of value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof topic !== 'string') throw invalid(path, 'holds something else than topics');
      entries.push(topic);
    }
  }
  const topics = within(SUBSCRIPTIONS, () => splitTopics(entries));
  if (topics.length === 0) throw invalid(`${SUBSCRIPTIONS}.Data.DataTopics`, 'names no topic');
  return topics;
}
