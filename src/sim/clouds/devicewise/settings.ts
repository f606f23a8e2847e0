// The knobs of the simulated deviceWISE: how it answers where the real one's answer is not known for certain
// (specs/devicewise.md 5.2, 5.4). The first position of each is the default; clients should take all of them.

export const DEVICEWISE_KNOBS = {
  /** CONNACK for a token nobody knows (row 31). */
  connackUnknownToken: ['4', '5', '2'],
  /** CONNACK for another application id than the one the thing is bound to (row 32). */
  connackBinding: ['2', '5'],
  /** CONNACK for an unknown thing when the token registers none. */
  connackNoAutoreg: ['5', '4'],
  /** The session of a token that was removed or changed: lives until it connects again, or fails at its root. */
  removedToken: ['lives', 'fails'],
  /** Texts of failures; `none`: `errorMessages` is empty. */
  errorTexts: ['standard', 'terse', 'none'],
  /** Codes of failures that no source names; `none`: `errorCodes` is empty then. */
  errorCodes: ['standard', 'none'],
  /** Spelling of the three field names of a failure at the root. */
  rootCase: ['camel', 'lower'],
  /** Text where a number belongs (and the other way round): taken and noted as coerced, or a failure. */
  coerceStrings: ['on', 'off'],
  /** A timestamp ahead of the platform's own time. */
  futureTs: ['accept', 'reject'],
  /** A second value of a property for the same timestamp is answered with success and dropped. */
  deDuplicate: ['off', 'on'],
  /** An alarm the thing definition does not declare. */
  undeclaredAlarms: ['accept', 'reject'],
  /** When a message that was handed out but not acked is handed out again. */
  redelivery: ['reconnect', 'every-check', 'never'],
  /** The ack of a call whose time to live has run out meanwhile. */
  expiredAck: ['refused', 'accepted'],
  /** Compressed answers: with the header of zlib, or without. */
  deflate: ['zlib', 'raw'],
  /** `notify/mailbox_activity` after CONNECT when there is mail (row 37). */
  notifyOnConnect: ['mail', 'none'],
  /** Answers over MQTT in the order of their requests, or not. */
  shuffleReplies: ['off', 'on'],
} as const;

export type DeviceWiseKnob = keyof typeof DEVICEWISE_KNOBS;
export const DEVICEWISE_KNOB_NAMES = Object.keys(DEVICEWISE_KNOBS) as DeviceWiseKnob[];

type KnobPositions = { readonly [K in DeviceWiseKnob]: (typeof DEVICEWISE_KNOBS)[K][number] };

export interface DeviceWiseSettings extends KnobPositions {
  /** Commands a thing may send in any second; more fail one by one. */
  callsPerSecond: number;
  /** Records of each kind kept for a thing; the oldest go. */
  recordsPerThing: number;
  /** Messages one `mailbox.check` hands out at most, unless it asks for fewer. */
  mailboxLimit: number;
  /** How long an answer takes over MQTT. */
  replyMs: number;
  /** How long a session over HTTP is good for. */
  sessionTtlS: number;
  /** Longer MQTT messages end the connection. */
  maxPayloadBytes: number;
}

export const DEFAULT_DEVICEWISE_SETTINGS: DeviceWiseSettings = {
  ...(Object.fromEntries(DEVICEWISE_KNOB_NAMES.map((name) => [name, DEVICEWISE_KNOBS[name][0]])) as KnobPositions),
  callsPerSecond: 100,
  recordsPerThing: 20_000,
  mailboxLimit: 50,
  replyMs: 0,
  sessionTtlS: 86_400,
  maxPayloadBytes: 262_144,
};
