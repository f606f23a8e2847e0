// What the provisioning service answers a receiver that asks for its AssistNow chipcode, without any I/O
// (specs/ublox.md 1.6 and simulator rows 16, 17).
import { isRecord } from '../fields.js';
import { checkUbx } from '../receiver/index.js';
import type { AssistAccount } from './assistnow-account.js';
import type { AssistNowSettings } from './assistnow-settings.js';
import { isUuid } from './registry.js';

export const ASSIST_ZTP_PATH = '/ztp/assistnow/credentials';

export interface AssistZtpAnswer {
  status: number;
  body: string;
}

/** Payload sizes of version 1 (five bytes of id) and version 2 (six). */
const UNIQUE_ID_SIZES: Readonly<Record<number, number>> = { 1: 9, 2: 10 };
const UNIQUE_ID_AT = 4;
const VERSION_HEAD = 40;
const VERSION_EXTENSION = 30;

const errors = (status: number, message: string): AssistZtpAnswer => ({
  status,
  body: JSON.stringify({ errors: [message] }),
});

/** The payload of exactly one whole frame of that class and id, given as hex in either case. */
function payloadOf(value: unknown, cls: number, id: number): Buffer | undefined {
  if (typeof value !== 'string' || !/^(?:[0-9a-fA-F]{2})+$/.test(value)) return undefined;
  const bytes = Buffer.from(value, 'hex');
  const check = checkUbx(bytes);
  if (check.is !== 'frame' || check.length !== bytes.length) return undefined;
  return check.message.cls === cls && check.message.id === id ? Buffer.from(check.message.payload) : undefined;
}

/** The unique id as lower-case hex. */
function receiverOf(payload: Buffer | undefined): string | undefined {
  if (payload?.length === undefined || payload.length !== UNIQUE_ID_SIZES[payload[0] ?? 0]) return undefined;
  return payload.subarray(UNIQUE_ID_AT).toString('hex');
}

/** The protocol version, 0 when the receiver does not say one; undefined when the payload is no MON-VER. */
function protocolVersionOf(payload: Buffer | undefined): number | undefined {
  if (!payload || payload.length < VERSION_HEAD || (payload.length - VERSION_HEAD) % VERSION_EXTENSION !== 0)
    return undefined;
  const said = /PROTVER[= ](\d{1,3}\.\d{1,2})/.exec(payload.subarray(VERSION_HEAD).toString('latin1'));
  return Number(said?.[1] ?? 0);
}

/** Judges the body and answers it. The first rule that strikes answers. */
export function answerAssistZtp(
  text: string,
  settings: AssistNowSettings,
  account: AssistAccount,
  serviceUrl: string,
): AssistZtpAnswer {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return errors(400, 'body is not JSON');
  }
  if (!isRecord(data)) return errors(400, 'body is not an object');
  const { token, messages } = data;
  if (typeof token !== 'string' || !isUuid(token)) return errors(422, 'token invalid token format');
  if (token !== account.token) return errors(401, 'unknown token');
  if (!isRecord(messages)) return errors(400, 'messages is missing');
  const receiver = receiverOf(payloadOf(messages['UBX-SEC-UNIQID'], 0x27, 0x03));
  if (receiver === undefined) return errors(400, 'UBX-SEC-UNIQID is not a valid message');
  const version = protocolVersionOf(payloadOf(messages['UBX-MON-VER'], 0x0a, 0x04));
  if (version === undefined) return errors(400, 'UBX-MON-VER is not a valid message');
  if (!settings.isReceiverSupported || version < settings.lowestProtocolVersion)
    return errors(403, 'Receiver generation not supported');
  const chip = account.chipFor(receiver);
  if (!settings.isPlanActive) return errors(403, `No plan for device device:${chip.deviceId}`);
  const { allowedData, allowedDataAs } = settings;
  const answer = {
    chipcode: chip.chipcode,
    serviceUrl,
    allowedData: allowedDataAs === 'text' ? allowedData.join(', ') : allowedData,
  };
  return { status: 200, body: JSON.stringify(answer) };
}
