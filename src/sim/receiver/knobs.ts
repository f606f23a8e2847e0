// Everything about the simulated receiver that can be switched while it runs: what kind it is, and its faults. All are
// healthy to begin with. `readReceiverCommand` reads them from outside, `key=value` by `key=value`.
import { type Fields, mistake, present } from '../fields.js';
import { CONNECTOR_CHOICES, type ConnectorChoice } from './configuration-keys.js';
import { RECEIVER_PROFILES, type ReceiverProfileName } from './profiles.js';

export const START_MODELS = ['quick', 'cold'] as const;
/** `quick`: a fix 2 s after power-up. `cold`: 26 s, or soon after time, position and orbits were injected. */
export type StartModel = (typeof START_MODELS)[number];

export const SWALLOW_WHENS = ['overrun', 'always'] as const;
export type SwallowWhen = (typeof SWALLOW_WHENS)[number];

export interface ReceiverKnobs {
  profile: ReceiverProfileName;
  /** The connector whose keys count. */
  connector: ConnectorChoice;
  start: StartModel;
  /** Where it stands: degrees, north and east positive. */
  latitudeDeg: number;
  longitudeDeg: number;
  /** Out of the factory: is RTCM3 heard, is UBX spoken? */
  rtcmInput: boolean;
  ubxOutput: boolean;
  /** Factory speed of UART1; 0: as the profile has it. Named, it matters at what speed the host opens its port (../line-speed.ts). */
  baudRate: number;
  /** SEC-UNIQID version 1 or 2; 0: as the profile has it. */
  uniqueIdVersion: number;
  /** False: corrections are for somewhere else, readable and of no use. */
  inCoverage: boolean;
  /** How fast the input buffer is emptied, bytes per real second; 0: at once, as behind USB. */
  inputBytesPerS: number;
  inputBufferBytes: number;

  /** Every n-th frame is lost on the way in (0: none). */
  swallowEvery: number;
  /** Every n-th byte is lost on the way in (0: none), always or only in a run of bytes without a pause. */
  swallowBytesEvery: number;
  swallowBytesWhen: SwallowWhen;
  /** These configuration keys are unknown, as on an older firmware. */
  refuseKeys: readonly number[];
  /** What not every receiver has is unknown. */
  refuseOptional: boolean;
  /** Up to so many random bytes before each message. */
  noise: number;
  /** Every n-th byte sent is changed (0: none). */
  garble: number;
  /** Sends nothing. */
  silent: boolean;
}

type FaultName = Exclude<
  keyof ReceiverKnobs,
  | 'profile'
  | 'connector'
  | 'start'
  | 'latitudeDeg'
  | 'longitudeDeg'
  | 'rtcmInput'
  | 'ubxOutput'
  | 'baudRate'
  | 'uniqueIdVersion'
  | 'inCoverage'
  | 'inputBytesPerS'
  | 'inputBufferBytes'
>;

/** No fault. */
export const NO_FAULTS: Pick<ReceiverKnobs, FaultName> = {
  swallowEvery: 0,
  swallowBytesEvery: 0,
  swallowBytesWhen: 'overrun',
  refuseKeys: [],
  refuseOptional: false,
  noise: 0,
  garble: 0,
  silent: false,
};

export const USUAL_KNOBS: ReceiverKnobs = {
  profile: 'zed-f9p',
  connector: 'any',
  start: 'quick',
  latitudeDeg: 48.2082,
  longitudeDeg: 16.3738,
  rtcmInput: true,
  ubxOutput: true,
  baudRate: 0,
  uniqueIdVersion: 0,
  inCoverage: true,
  inputBytesPerS: 0,
  inputBufferBytes: 1000,
  ...NO_FAULTS,
};

/** What comes back after a restart: what BBR and flash hold, or what the factory put there. */
export const RESTARTS = ['ram', 'factory'] as const;
export type RestartKind = (typeof RESTARTS)[number];

export interface ReceiverCommand {
  change: Partial<ReceiverKnobs>;
  /** Now, or once after that clock time. */
  restart?: { kind: RestartKind; afterMs?: number };
}

const MANY = 1_000_000;
const DAY_MS = 86_400_000;
const KEYS = { pattern: /^(?:none|0x[0-9a-f]{8}(?:,0x[0-9a-f]{8}){0,99})$/i, words: 'none or keys as 0x10730005,0x…' };

function keysIn(fields: Fields): number[] | undefined {
  const text = fields.text('refuseKeys', KEYS);
  if (text === undefined) return undefined;
  return text === 'none' ? [] : text.split(',').map((key) => Number.parseInt(key, 16));
}

/** The knobs named, all optional. Errors: `cli.usage`, as sentences. */
export function readReceiverKnobs(fields: Fields): Partial<ReceiverKnobs> {
  return present({
    profile: fields.choice('profile', RECEIVER_PROFILES),
    connector: fields.choice('connector', CONNECTOR_CHOICES),
    start: fields.choice('start', START_MODELS),
    latitudeDeg: fields.number('latitudeDeg', -90, 90),
    longitudeDeg: fields.number('longitudeDeg', -180, 180),
    rtcmInput: fields.flag('rtcmInput'),
    ubxOutput: fields.flag('ubxOutput'),
    baudRate: fields.whole('baudRate', 0, 4_000_000),
    uniqueIdVersion: fields.whole('uniqueIdVersion', 0, 2),
    inCoverage: fields.flag('inCoverage'),
    inputBytesPerS: fields.whole('inputBytesPerS', 0, MANY),
    inputBufferBytes: fields.whole('inputBufferBytes', 1, MANY),
    swallowEvery: fields.whole('swallowEvery', 0, MANY),
    swallowBytesEvery: fields.whole('swallowBytesEvery', 0, MANY),
    swallowBytesWhen: fields.choice('swallowBytesWhen', SWALLOW_WHENS),
    refuseKeys: keysIn(fields),
    refuseOptional: fields.flag('refuseOptional'),
    noise: fields.whole('noise', 0, 4096),
    garble: fields.whole('garble', 0, MANY),
    silent: fields.flag('silent'),
  });
}

export const RECEIVER_USAGE = `receiver [heal=true] [profile=${RECEIVER_PROFILES.join('|')}] [connector=${CONNECTOR_CHOICES.join('|')}] [start=${START_MODELS.join('|')}] [latitudeDeg=-33.86] [longitudeDeg=-151.2] [rtcmInput=false] [ubxOutput=false] [baudRate=38400] [uniqueIdVersion=1|2] [inCoverage=false] [inputBytesPerS=3840] [inputBufferBytes=1000] [swallowEvery=3] [swallowBytesEvery=40] [swallowBytesWhen=${SWALLOW_WHENS.join('|')}] [refuseKeys=0x10730005,…|none] [refuseOptional=true] [noise=20] [garble=50] [silent=true] [restart=${RESTARTS.join('|')}] [restartAfterMs=5000]`;

/** One command from outside; `heal` takes the faults away that it does not name. Errors: `cli.usage`, as sentences. */
export function readReceiverCommand(fields: Fields): ReceiverCommand {
  const isHealed = fields.flag('heal') === true;
  const kind = fields.choice('restart', RESTARTS);
  const afterMs = fields.whole('restartAfterMs', 1, DAY_MS);
  const change = { ...(isHealed ? NO_FAULTS : {}), ...readReceiverKnobs(fields) };
  if (kind === undefined && afterMs === undefined) {
    if (Object.keys(change).length === 0) throw mistake('receiver: nothing to change');
    return { change };
  }
  return { change, restart: { kind: kind ?? 'ram', ...(afterMs === undefined ? {} : { afterMs }) } };
}
