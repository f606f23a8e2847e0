// The knobs of the simulated AssistNow services: what the account may have, and how they answer where the real ones are
// not known for certain.

/** What the current service hands out (specs/ublox.md 4.1). */
export const ASSIST_DATA_TYPES = [
  'ualm',
  'uporb_1',
  'uporb_3',
  'uporb_7',
  'uporb_14',
  'ulorb_l1',
  'ukion',
  'usvht',
] as const;
export type AssistDataType = (typeof ASSIST_DATA_TYPES)[number];

/** Those that are entitlements of the Live plan. */
export const LIVE_DATA_TYPES: readonly AssistDataType[] = ['ulorb_l1', 'ukion', 'usvht'];

/** What the account's own token of the old service is; `temporary` lives 90 days from when it is set. */
export const LEGACY_TOKEN_STATES = ['permanent', 'temporary', 'expired', 'deactivated', 'other-service'] as const;
export type LegacyTokenState = (typeof LEGACY_TOKEN_STATES)[number];

export interface AssistNowSettings {
  /** The plan. One that is not listed makes the service refuse the whole request. */
  allowedData: readonly AssistDataType[];
  /** Clients should take both. */
  allowedDataAs: 'text' | 'array';
  /** What an unknown chipcode is answered with. */
  unknownChipcodeStatus: 400 | 401 | 404 | 422;
  /** A receiver whose MON-VER says less (or nothing) is of an unsupported generation. */
  lowestProtocolVersion: number;
  /** False: every receiver is of an unsupported generation. */
  isReceiverSupported: boolean;
  /** False: off its plan. */
  isPlanActive: boolean;
  /** `length`: the answer carries Content-Length; `close`: only the end of the connection ends it. */
  framing: 'length' | 'close';
  /** Of good answers of the current service. */
  contentType: string;
  legacyToken: LegacyTokenState;
}

export const DEFAULT_ASSIST_SETTINGS: AssistNowSettings = {
  allowedData: ASSIST_DATA_TYPES,
  allowedDataAs: 'text',
  unknownChipcodeStatus: 401,
  // u-blox 7 says 14.
  lowestProtocolVersion: 15,
  isReceiverSupported: true,
  isPlanActive: true,
  framing: 'length',
  contentType: 'application/ubx',
  legacyToken: 'permanent',
};

export const TEMPORARY_TOKEN_MS = 90 * 86_400_000;
