// The knobs of the simulated Losant: how it answers where the real one's answer is not known for certain
// (specs/losant.md sections 11 and 12). The first position of each is the default; clients should take all of them.

export const LOSANT_KNOBS = {
  /** CONNACK for a wrong secret or an inactive key (M2). */
  badSecret: ['4', '5'],
  /** CONNACK for a client id that is no device (M3). */
  unknownClient: ['2', '5'],
  /** CONNECT that asks for a kept session (M5). */
  cleanFalse: ['refuse', 'close'],
  /** SUBSCRIBE with QoS 1 or 2 (M7). */
  subscribeQos1: ['downgrade', 'refuse'],
  /** SUBSCRIBE to a topic of others (M8). */
  foreignSubscribe: ['refuse', 'close'],
  /** PUBLISH with the retain flag (M11). */
  retain: ['close', 'ignore'],
  /** CONNECT while banned: CONNACK code or a plain close (M15). */
  bannedConnect: ['close', '3', '5'],
  /** Does such an attempt start the ban anew? */
  bannedAttempt: ['ignored', 'extends'],
  /** The session of a key that becomes inactive (M22). */
  keyInactive: ['close', 'stay'],
  /** Sessions that are silent for too long are closed (M23), or never. */
  keepalive: ['enforced', 'ignored'],
  /** Several states in one MQTT message. */
  arraysOverMqtt: ['ignored', 'stored'],
  /** `withheld`: states are stored, but QoS 1 is never acknowledged. */
  puback: ['sent', 'withheld'],
  /** /auth/device for a device that is not there (R6). */
  deletedDevice: ['404', '401'],
  /** A token without the scope, or of another application or device (R18). */
  outOfScope: ['403', '404'],
  /** Is `restricted` in the answer of /auth/device? */
  restricted: ['absent', 'sent'],
  /** What `tokenTTL` counts. */
  tokenTtlUnit: ['s', 'ms'],
  /** A device token whose key was made inactive or deleted. */
  deviceToken: ['dies-with-key', 'outlives-key'],
  /** Can the scopes of tokens made from now on be read in them? */
  scopeInToken: ['readable', 'hidden'],
  /** Times in the history of commands. */
  commandTime: ['iso', 'date'],
  /** What the operator's endpoint answers. */
  enrol: ['accept', 'pending', 'registered', 'refused'],
  /** To a gateway that was enrolled before: 409, or the same device with a new key. */
  enrolAgain: ['conflict', 'return'],
  /** Does the operator's endpoint tell broker and API? */
  enrolHosts: ['sent', 'absent'],
} as const;

export type LosantKnob = keyof typeof LOSANT_KNOBS;
export const LOSANT_KNOB_NAMES = Object.keys(LOSANT_KNOBS) as LosantKnob[];

type KnobPositions = { readonly [K in LosantKnob]: (typeof LOSANT_KNOBS)[K][number] };

export interface LosantSettings extends KnobPositions {
  /** Attributes every device declares besides its own; a `*` at the end stands for anything. */
  declared: readonly string[];
  /** With `enrol=pending`. */
  enrolRetryAfterS: number;
}

export const DEFAULT_LOSANT_SETTINGS: LosantSettings = {
  ...(Object.fromEntries(LOSANT_KNOB_NAMES.map((name) => [name, LOSANT_KNOBS[name][0]])) as KnobPositions),
  declared: ['cred_*'],
  enrolRetryAfterS: 60,
};
