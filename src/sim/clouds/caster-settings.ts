// What of the simulated caster can be chosen at run time, and what can go wrong in front of it (specs/ublox.md 2.1, 7.3).
// Where the real caster's manner is not known for sure, each known manner is a choice here.

/** Form of a good answer. `auto`: ICY to NTRIP 1, HTTP/1.1 without chunks to NTRIP 2. */
export const CASTER_ANSWERS = ['auto', 'icy', 'http', 'chunked'] as const;
/** `chunk`: every piece is a gzip file of its own; `stream`: one file, flushed after every piece. Not with ICY. */
export const CASTER_GZIPS = ['off', 'chunk', 'stream'] as const;
/** `joined`: the head waits for the first data and leaves in one segment with them, before any GGA; `bytes`: one byte a segment. */
export const CASTER_SEGMENTS = ['usual', 'joined', 'bytes'] as const;
/** What stands behind `ICY 200 OK` and its line end: an empty line, or data at once. */
export const ICY_ENDS = ['blank', 'line'] as const;
/** A second connection of a user is answered 401, or the older one is closed. */
export const SECOND_CONNECTIONS = ['refuse', 'replace'] as const;
/** Who gets a stream: the users it knows, or also whoever names none. */
export const CASTER_DOORS = ['account', 'open'] as const;
/** A wrong password is answered 401, or `ERROR - Bad Password`. */
export const BAD_PASSWORDS = ['401', 'error'] as const;
/** Where the assistance data of an -MGA mountpoint come: before the corrections, or inside their first frame. */
export const MGA_PLACES = ['before', 'between'] as const;
/** Where there are corrections: in PointPerfect's regions, everywhere, nowhere. */
export const CASTER_COVERAGES = ['regions', 'world', 'none'] as const;

export interface CasterSettings {
  answer: (typeof CASTER_ANSWERS)[number];
  gzip: (typeof CASTER_GZIPS)[number];
  segments: (typeof CASTER_SEGMENTS)[number];
  icyEnd: (typeof ICY_ENDS)[number];
  door: (typeof CASTER_DOORS)[number];
  second: (typeof SECOND_CONNECTIONS)[number];
  /** So long after its end a connection still holds its user's slot, s; a new one is answered 401. */
  holdS: number;
  badPassword: (typeof BAD_PASSWORDS)[number];
  mga: (typeof MGA_PLACES)[number];
  coverage: (typeof CASTER_COVERAGES)[number];
  /** Time between two RTCM epochs, s. */
  rtcmPeriodS: number;
  /** The message that tells where the station is. */
  station: 1005 | 1006;
}

export const DEFAULT_CASTER: CasterSettings = {
  answer: 'auto',
  gzip: 'off',
  segments: 'usual',
  icyEnd: 'blank',
  door: 'account',
  second: 'refuse',
  holdS: 0,
  badPassword: '401',
  mga: 'before',
  coverage: 'regions',
  rtcmPeriodS: 1,
  station: 1005,
};

/** Faults that take the place of the answer to a request with the right password. */
export const ANSWER_FAULTS = [
  /** 200, and a text that says the address is banned. */
  'banned',
  /** 200, and a text that names a sandbox. */
  'sandbox',
  /** `ERROR - Mount Point Taken or Invalid`. */
  'taken',
  /** `ERROR - Bad Password`. */
  'bad-password',
  '401',
  '404',
  '500',
  '503',
  /** Bytes that are no answer. */
  'babble',
  /** Nothing at all. */
  'mute',
] as const;

/** Faults of the data; the answer is good. */
export const DATA_FAULTS = [
  /** Random bytes between the frames. */
  'garbage',
  /** Pieces that end in the middle of a frame. */
  'half-frames',
  /** The connection is reset in the middle of a frame. */
  'reset',
  /** Silence; the socket stays open. */
  'stall',
] as const;

export const CASTER_FAULTS = [...ANSWER_FAULTS, ...DATA_FAULTS] as const;
export type AnswerFault = (typeof ANSWER_FAULTS)[number];
export type CasterFault = (typeof CASTER_FAULTS)[number];

export const isAnswerFault = (fault: CasterFault | undefined): fault is AnswerFault =>
  ANSWER_FAULTS.some((each) => each === fault);

/** Formats and their mountpoints; each has an -MGA form. */
export const MOUNT_POINTS = ['NEAR-SPARTN', 'NEAR-RTCM'] as const;
export type MountPoint = (typeof MOUNT_POINTS)[number];

/** A mountpoint as asked for; undefined: there is none of that name. */
export function findMountPoint(name: string): { mountPoint: MountPoint; withMga: boolean } | undefined {
  const withMga = name.endsWith('-MGA');
  const plain = withMga ? name.slice(0, -4) : name;
  const mountPoint = MOUNT_POINTS.find((each) => each === plain);
  return mountPoint && { mountPoint, withMga };
}
