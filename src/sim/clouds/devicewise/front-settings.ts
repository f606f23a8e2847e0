// Knobs that only the two fronts of the simulated deviceWISE know, besides those of the platform that are about them
// (settings.ts): how they answer where the real one's way is not known for certain (specs/devicewise.md 5.4). The first
// position of each is the default; clients should take all of them.
import type { DeviceWiseSettings } from './settings.js';

export const DEVICEWISE_FRONT_KNOBS = {
  /** Is a client that is connected told of new mail? `lost`: only its own look finds it. */
  notify: ['sent', 'lost'],
  /** QoS of answers and notifications. */
  replyQos: ['0', '1'],
  /** `withheld`: requests have their effect and their answer, but QoS 1 is never acknowledged. */
  puback: ['sent', 'withheld'],
  /** Sessions that are silent for one and a half keep-alives are closed, or never. */
  keepalive: ['enforced', 'ignored'],
  /** A refused authentication over HTTP: failed under its own id, or at the root. */
  httpRefusal: ['auth', 'root'],
} as const;

export type DeviceWiseFrontKnob = keyof typeof DEVICEWISE_FRONT_KNOBS;
export const DEVICEWISE_FRONT_KNOB_NAMES = Object.keys(DEVICEWISE_FRONT_KNOBS) as DeviceWiseFrontKnob[];

type KnobPositions = { readonly [K in DeviceWiseFrontKnob]: (typeof DEVICEWISE_FRONT_KNOBS)[K][number] };

export interface DeviceWiseFrontSettings extends KnobPositions {
  /** Error code of a failed authentication over HTTP, which no source tells. */
  authErrorCode: number;
}

/** What the fronts go by. */
export type FrontSettings = DeviceWiseFrontSettings &
  Pick<
    DeviceWiseSettings,
    'deflate' | 'notifyOnConnect' | 'shuffleReplies' | 'replyMs' | 'maxPayloadBytes' | 'sessionTtlS'
  >;

export const DEFAULT_DEVICEWISE_FRONT: DeviceWiseFrontSettings = {
  ...(Object.fromEntries(
    DEVICEWISE_FRONT_KNOB_NAMES.map((name) => [name, DEVICEWISE_FRONT_KNOBS[name][0]]),
  ) as KnobPositions),
  authErrorCode: -90_001,
};
