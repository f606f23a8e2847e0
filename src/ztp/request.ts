// The provisioning request: checked before it is sent, because a call may be billed and a refused one costs an hour
// (specs/ublox.md section 1.2).
import { createHash } from 'node:crypto';
import { type Secret, WaymarkError } from '../core/index.js';

export interface ZtpRequest {
  /** The profile's token, a UUID; upper case is put right. */
  token: Secret;
  /** Stable id of this device ("Hardware Code" in the portal), 1 to 64 printable characters. */
  hardwareId: string;
  /** Display name, shorter than 50 characters. */
  givenName?: string | undefined;
  tags: readonly string[];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const HARDWARE_ID = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/;
const TEXT = /^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]{1,49}$/u;
const MAX_TAGS = 16;

const normalToken = (token: Secret): string => token.reveal().toLowerCase();

/** The JSON body. Errors: `ztp.token-format`, `ztp.invalid-request`. */
export function encodeZtpRequest(request: ZtpRequest): string {
  const token = normalToken(request.token);
  if (!UUID.test(token)) throw new WaymarkError('ztp.token-format', 'the ZTP token is not a UUID');
  const { hardwareId, givenName, tags } = request;
  if (!HARDWARE_ID.test(hardwareId)) throw invalid('hardwareId must be 1 to 64 printable ASCII characters');
  if (givenName !== undefined && !TEXT.test(givenName))
    throw invalid('givenName must be 1 to 49 characters without controls');
  if (tags.length > MAX_TAGS || !tags.every((tag) => TEXT.test(tag)))
    throw invalid(`at most ${MAX_TAGS} tags of 1 to 49 characters without controls`);
  return JSON.stringify({ tags, token, hardwareId, ...(givenName === undefined ? {} : { givenName }) });
}

const invalid = (message: string): WaymarkError => new WaymarkError('ztp.invalid-request', message);

/** Tells whether a stored identity belongs to this token, endpoint and device; holds nothing of the token. */
export function requestHash(request: { token: Secret; url: string; hardwareId: string }): string {
  return createHash('sha256')
    .update(JSON.stringify([normalToken(request.token), request.url, request.hardwareId]))
    .digest('hex');
}
