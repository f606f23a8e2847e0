// The provisioning requests: checked before they are sent, because a call may be billed and a refused one costs an hour
// (specs/ublox.md sections 1.2 and 1.6).
import { createHash } from 'node:crypto';
import { type Secret, scrubber, WaymarkError } from '../core/index.js';
import { isZtpTokenShape } from '../vault/index.js';
import type { ReceiverFrames } from './ports.js';

export interface ZtpRequest {
  /** The profile's token, a UUID; upper case is put right. */
  token: Secret;
  /** Stable id of this device ("Hardware Code" in the portal), 1 to 64 printable characters. */
  hardwareId: string;
  /** Display name, shorter than 50 characters. */
  givenName?: string | undefined;
  tags: readonly string[];
}

const HARDWARE_ID = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/;
const TEXT = /^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]{1,49}$/u;
const MAX_TAGS = 16;

/** As it is sent: a service that quotes it back quotes this form, so it is kept out of every output as well. */
function normalToken(token: Secret): string {
  const sent = token.reveal().toLowerCase();
  scrubber.register(token.kind, sent);
  return sent;
}

/** The JSON body. Errors: `ztp.token-format`, `ztp.invalid-request`. */
export function encodeZtpRequest(request: ZtpRequest): string {
  if (!isZtpTokenShape(request.token)) throw new WaymarkError('ztp.token-format', 'the ZTP token is not a UUID');
  const { hardwareId, givenName, tags } = request;
  if (!HARDWARE_ID.test(hardwareId)) throw invalid('hardwareId must be 1 to 64 printable ASCII characters');
  if (givenName !== undefined && !TEXT.test(givenName))
    throw invalid('givenName must be 1 to 49 characters without controls');
  if (tags.length > MAX_TAGS || !tags.every((tag) => TEXT.test(tag)))
    throw invalid(`at most ${MAX_TAGS} tags of 1 to 49 characters without controls`);
  return JSON.stringify({
    tags,
    token: normalToken(request.token),
    hardwareId,
    ...(givenName === undefined ? {} : { givenName }),
  });
}

/** The JSON body for AssistNow. Errors: `assist.wrong-kind` (no UUID, so no ZTP token), `assist.no-receiver`. */
export function encodeAssistRequest(request: { token: Secret; frames: ReceiverFrames }): string {
  if (!isZtpTokenShape(request.token))
    throw new WaymarkError('assist.wrong-kind', 'the AssistNow token is not a UUID, so it is no ZTP token');
  const { secUniqid, monVer } = request.frames;
  return JSON.stringify({
    token: normalToken(request.token),
    messages: {
      'UBX-SEC-UNIQID': frameHex(secUniqid, 0x27, 0x03, 'UBX-SEC-UNIQID'),
      'UBX-MON-VER': frameHex(monVer, 0x0a, 0x04, 'UBX-MON-VER'),
    },
  });
}

/** Far longer than either message with every extension a receiver has. */
const MAX_FRAME_BYTES = 2048;

/** The whole frame, sync bytes to checksum: the service refuses anything less. */
function frameHex(frame: Uint8Array, cls: number, id: number, name: string): string {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const isWhole =
    bytes.length >= 8 &&
    bytes.length <= MAX_FRAME_BYTES &&
    bytes.readUInt16BE(0) === 0xb562 &&
    bytes[2] === cls &&
    bytes[3] === id &&
    bytes.readUInt16LE(4) + 8 === bytes.length;
  if (!isWhole) throw new WaymarkError('assist.no-receiver', `what the receiver sent is no whole ${name}`);
  return bytes.toString('hex');
}

const invalid = (message: string): WaymarkError => new WaymarkError('ztp.invalid-request', message);

/** Tells whether a stored identity belongs to this token, endpoint and device; holds nothing of the token. */
export function requestHash(request: { token: Secret; url: string; hardwareId: string }): string {
  return createHash('sha256')
    .update(JSON.stringify([normalToken(request.token), request.url, request.hardwareId]))
    .digest('hex');
}
