// What the provisioning service answers to a request, without any I/O (specs: simulator rows 1-14). It is strict where
// the real one is, so that a client that passes here has nothing to learn from the real one.
import type { MountPoint } from './caster-settings.js';
import { isUuid, type Registry, type SimThing } from './registry.js';

export const ZTP_PLANS = ['mqtt', 'ntrip', 'both'] as const;
export type ZtpPlan = (typeof ZTP_PLANS)[number];

/** Settings of the device profile the token belongs to. */
export interface ZtpProfile {
  /** `both`: certificates and caster credentials in one answer. */
  plan: ZtpPlan;
  /** "If the device already exists" in the portal. */
  existing: 'return-existing' | 'error';
  hardwareIdIsMandatory: boolean;
  /** Only these hardware codes, when given. */
  allowList?: readonly string[] | undefined;
  /** How many answers a new Thing gets before its activation is done. */
  incompleteAnswers: number;
  /** The real service has been seen with both. */
  httpPortAs: 'string' | 'number';
  /** The caster's TLS port in the answer (`httpsPort`): never seen for sure. */
  httpsPort: 'sent' | 'absent';
  mountPoint: MountPoint;
}

export const DEFAULT_PROFILE: ZtpProfile = {
  plan: 'mqtt',
  existing: 'return-existing',
  hardwareIdIsMandatory: true,
  incompleteAnswers: 0,
  httpPortAs: 'string',
  httpsPort: 'absent',
  mountPoint: 'NEAR-SPARTN',
};

export const ZTP_PATH = '/ztp/pointperfect/credentials';
export const MAX_BODY_BYTES = 65_536;

export interface ZtpRefusal {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

const refuse = (status: number, message: string, headers: Readonly<Record<string, string>> = {}): ZtpRefusal => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ errors: [message] }),
});

export interface RequestHead {
  method: string;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Judges a request before its body is read; undefined = go on. */
export function judgeHead(head: RequestHead): ZtpRefusal | undefined {
  if (head.path !== ZTP_PATH) return refuse(404, 'not found');
  if (head.method !== 'POST') return refuse(405, 'method not allowed', { allow: 'POST' });
  const length = head.headers['content-length'];
  if (typeof length !== 'string') return refuse(411, 'length required');
  if (Number(length) > MAX_BODY_BYTES) return refuse(413, 'body too large');
  const type = head.headers['content-type'] ?? '';
  if (!/^application\/json(?:\s*;.*)?$/i.test(String(type)))
    return refuse(415, 'content type must be application/json');
  return undefined;
}

export type Judgement = { is: 'refused'; refusal: ZtpRefusal } | { is: 'granted'; thing: SimThing };

const refused = (status: number, message: string): Judgement => ({ is: 'refused', refusal: refuse(status, message) });

/** Judges the body and finds or makes the Thing. The first rule that strikes answers. */
export function judgeBody(text: string, profile: ZtpProfile, registry: Registry): Judgement {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return refused(400, 'body is not JSON');
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return refused(400, 'body is not an object');
  const { token, hardwareId, givenName, tags } = data as Readonly<Record<string, unknown>>;
  if (typeof token !== 'string' || !isUuid(token)) return refused(422, 'token invalid token format');
  if (token !== registry.token) return refused(401, 'unknown token');
  if (givenName !== undefined && (typeof givenName !== 'string' || givenName.length >= 50))
    return refused(422, 'givenName must be a text of less than 50 characters');
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')))
    return refused(422, 'tags must be a list of texts');
  if (hardwareId === undefined && !profile.hardwareIdIsMandatory)
    return { is: 'granted', thing: registry.add(`unnamed-${registry.size + 1}`) };
  if (typeof hardwareId !== 'string' || hardwareId === '' || hardwareId.length > 256)
    return refused(422, 'hardwareId is required');
  if (profile.allowList && !profile.allowList.includes(hardwareId))
    return refused(403, 'Device hardware code not whitelisted');
  const known = registry.byHardwareId(hardwareId);
  if (!known) return { is: 'granted', thing: registry.add(hardwareId) };
  // A device whose activation is still running asks again: that is not "already registered".
  if (profile.existing === 'error' && known.answers > profile.incompleteAnswers)
    return refused(403, 'Device already registered');
  if (!known.isActive) return refused(403, `No plan for device device:${known.clientId}`);
  return { is: 'granted', thing: known };
}
