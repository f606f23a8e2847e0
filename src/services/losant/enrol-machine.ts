// Self-registration, drawn (specs/losant.md section 7). Losant repeats nothing safely: a second POST makes a second device
// or key. So every step is written down before it is taken, and after a power cut or a lost answer the far side is asked
// what came of it.
//
//   application token                                                    operator's endpoint
//
//   looking ──0 found──→ creating ──answered──→ confirming               asking ──answer kept──→ held
//    │  ↑  │ ↑              │ ↑                   │  find again             ↑ └─lost: asked again
//    │  │  │ └─not made─────┘ │                   │
//    │  └──┼─lost: find again─┘                   │ (two now: the older one is used,
//    │     └─more found, none of them             │  the others are told)
//    │1      made here: STOP, ids told            │
//    ↓                                            ↓
//   ready ←───────────────────────────────────────┘
//    │  ↑
//    ↓  └─not made          held ──login 200──→ proved ──token's file erased──→ done
//    │                     (not made because its device is gone: looking)
//   keying ──answer kept──→ held
//    └─lost: that key is told as an orphan, its secret cannot be had again; another is made
//
// held ──login refused, not sooner than an hour after the last──→ asking, or looking; what was refused is told as an orphan
//
// A lost answer needs no state of its own: it is what a state with a request under way is after a restart (`resumed`).

export type EnrolMode = 'operator' | 'application-token';

export const ENROL_PHASES = [
  'looking',
  'creating',
  'confirming',
  'ready',
  'keying',
  'asking',
  'held',
  'proved',
  'done',
] as const;
export type EnrolPhase = (typeof ENROL_PHASES)[number];

/** What is journalled; no secret. */
export interface EnrolState {
  mode: EnrolMode;
  imei: string;
  phase: EnrolPhase;
  /** A create was sent after nothing had been found: whatever is found since came at the same time. */
  hasCreated: boolean;
  deviceId?: string;
  /** Devices of the same tag that are not used. */
  others: readonly string[];
  /** Names of keys whose answer was lost: they may exist, and nobody has their secret. */
  orphans: readonly string[];
  /** Keys asked for so far. */
  keyTries: number;
  /** When an identity was last given up because its login was refused. */
  disprovedUtcMs?: number;
}

export interface FoundDevice {
  id: string;
  /** Absent: not said. */
  createdUtcMs?: number;
}

export type EnrolEvent =
  /** The start, and the start again after anything that was not answered. */
  | { is: 'resumed'; hasIdentity: boolean }
  | { is: 'found'; devices: readonly FoundDevice[] }
  | { is: 'created'; id: string }
  /** Refused for certain: nothing was made by the request under way. */
  | { is: 'not-made'; isDeviceGone?: boolean }
  /** Device, key and secret are on the disk. */
  | { is: 'kept' }
  | { is: 'proved' }
  /** The far side does not know the identity that is held; `name`: by which a person finds it. */
  | { is: 'disproved'; name: string; atUtcMs: number }
  | { is: 'erased' };

export type EnrolEffect =
  | { do: 'find' }
  | { do: 'create' }
  | { do: 'make-key'; deviceId: string; name: string }
  | { do: 'ask' }
  | { do: 'prove' }
  | { do: 'erase' }
  | { do: 'finish' }
  /** The event ended in a refusal: it is told, and the next start goes on from this state. */
  | { do: 'give-up' }
  | { do: 'stop-duplicate'; ids: readonly string[] };

export interface EnrolStep {
  state: EnrolState;
  effects: readonly EnrolEffect[];
}

const AFTER_KEY: readonly EnrolPhase[] = ['keying', 'held', 'proved', 'done'];

export const MAX_LISTED = 32;
/** Each new identity may be a device or a key more at the far side. */
const DISPROVED_EVERY_MS = 3_600_000;

export function initialEnrolment(mode: EnrolMode, imei: string): EnrolState {
  const phase = mode === 'operator' ? 'asking' : 'looking';
  return { mode, imei, phase, hasCreated: false, others: [], orphans: [], keyTries: 0 };
}

/** `gw-<imei>`, and a number from the second one on: an orphan is then told apart from the key in use. */
export const keyName = (imei: string, nth: number): string => (nth <= 1 ? `gw-${imei}` : `gw-${imei}-${nth}`);

const to = (state: EnrolState, effect: EnrolEffect): EnrolStep => ({ state, effects: [effect] });
const stay = (state: EnrolState): EnrolStep => ({ state, effects: [] });
const added = (list: readonly string[], more: readonly string[]): readonly string[] =>
  [...new Set([...list, ...more])].slice(-MAX_LISTED);

/** The state is on the disk before its effect is carried out. Pure. */
export function enrolStep(state: EnrolState, event: EnrolEvent): EnrolStep {
  switch (event.is) {
    case 'resumed':
      return resumed(state, event.hasIdentity);
    case 'found':
      return found(state, event.devices);
    case 'created':
      if (state.phase !== 'creating') return stay(state);
      return to({ ...state, phase: 'confirming', deviceId: event.id }, { do: 'find' });
    case 'not-made':
      // No other is to be had: the one that was refused is tried again, for that may have been a mistake.
      if (state.phase === 'asking' && state.disprovedUtcMs !== undefined)
        return to({ ...state, phase: 'held' }, { do: 'give-up' });
      if (state.phase === 'creating') return to({ ...state, phase: 'looking' }, { do: 'give-up' });
      if (state.phase === 'keying' && event.isDeviceGone) {
        const { deviceId: _, ...rest } = state;
        return to({ ...rest, phase: 'looking', keyTries: state.keyTries - 1 }, { do: 'give-up' });
      }
      if (state.phase === 'keying')
        return to({ ...state, phase: 'ready', keyTries: state.keyTries - 1 }, { do: 'give-up' });
      return stay(state);
    case 'kept':
      if (state.phase !== 'keying' && state.phase !== 'asking') return stay(state);
      return to({ ...state, phase: 'held' }, { do: 'prove' });
    case 'proved':
      if (state.phase !== 'held') return stay(state);
      // Only the application token is a danger once it has done its work: it can make keys for any device.
      if (state.mode === 'operator') return to({ ...state, phase: 'done' }, { do: 'finish' });
      return to({ ...state, phase: 'proved' }, { do: 'erase' });
    case 'disproved': {
      const { disprovedUtcMs: before } = state;
      // Apart in either direction: a clock set back must not hold it up for years.
      const isSoon = before !== undefined && Math.abs(event.atUtcMs - before) < DISPROVED_EVERY_MS;
      if (state.phase !== 'held' || isSoon) return stay(state);
      const orphans = added(state.orphans, [event.name]);
      const phase = state.mode === 'operator' ? 'asking' : 'looking';
      return to({ ...state, phase, orphans, disprovedUtcMs: event.atUtcMs }, { do: 'give-up' });
    }
    case 'erased':
      if (state.phase !== 'proved') return stay(state);
      return to({ ...state, phase: 'done' }, { do: 'finish' });
  }
}

function resumed(state: EnrolState, hasIdentity: boolean): EnrolStep {
  // What is there was refused; another is on its way. While a key is made it may be either: its login tells.
  const isGivenUp = state.disprovedUtcMs !== undefined && !AFTER_KEY.includes(state.phase);
  if (hasIdentity && !isGivenUp) {
    if (state.phase === 'done') return to(state, { do: 'finish' });
    if (state.phase === 'proved') return to(state, { do: 'erase' });
    // The answer was kept just before the end.
    return to({ ...state, phase: 'held' }, { do: 'prove' });
  }
  switch (state.phase) {
    case 'looking':
    case 'confirming':
      return to(state, { do: 'find' });
    case 'creating':
      return to({ ...state, phase: 'looking' }, { do: 'find' });
    case 'ready':
      return makeKey(state);
    case 'keying':
      return makeKey({ ...state, orphans: added(state.orphans, [keyName(state.imei, state.keyTries)]) });
    case 'asking':
      return to(state, { do: 'ask' });
    case 'held':
    case 'proved':
    case 'done': {
      // The identity was lost: its key cannot be had again, its device can.
      if (state.mode === 'operator') return to({ ...state, phase: 'asking' }, { do: 'ask' });
      const orphans = added(state.orphans, [keyName(state.imei, state.keyTries)]);
      return to({ ...state, phase: 'looking', orphans }, { do: 'find' });
    }
  }
}

function found(state: EnrolState, devices: readonly FoundDevice[]): EnrolStep {
  if (state.phase !== 'looking' && state.phase !== 'confirming') return stay(state);
  const [oldest, ...rest] = [...devices].sort(byAge);
  if (!oldest) {
    // The list may lag behind a create that was answered.
    if (state.phase === 'confirming' && state.deviceId !== undefined) return makeKey(state);
    return to({ ...state, phase: 'creating', hasCreated: true }, { do: 'create' });
  }
  if (rest.length > 0 && !state.hasCreated)
    return to(state, { do: 'stop-duplicate', ids: devices.map(({ id }) => id).slice(0, MAX_LISTED) });
  const made = state.deviceId === undefined || state.deviceId === oldest.id ? [] : [state.deviceId];
  const others = added(state.others, [...rest.map(({ id }) => id), ...made]).filter((id) => id !== oldest.id);
  return makeKey({ ...state, deviceId: oldest.id, others });
}

function makeKey(state: EnrolState): EnrolStep {
  const { deviceId } = state;
  if (deviceId === undefined) return to({ ...state, phase: 'looking' }, { do: 'find' });
  const keyTries = state.keyTries + 1;
  return to({ ...state, phase: 'keying', keyTries }, { do: 'make-key', deviceId, name: keyName(state.imei, keyTries) });
}

/** Two gateways of one tag choose alike: by age, then by id. */
function byAge(a: FoundDevice, b: FoundDevice): number {
  const [first, second] = [a, b].map(({ createdUtcMs }) => createdUtcMs ?? Number.MAX_SAFE_INTEGER) as [number, number];
  return first - second || (a.id < b.id ? -1 : 1);
}
