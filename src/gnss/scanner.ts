// What the framer asks of each wire format: is there a frame at this byte? Formats keep no stream state of their own.

export type FrameKind = 'nmea' | 'ubx' | 'rtcm3' | 'spartn';

/** Answers of `examine` that are not a length. */
export const NO_FRAME = 0;
export const NEED_MORE = -1;
export const BAD_CHECKSUM = -2;
export const OVERLONG = -3;

export interface Scanner {
  readonly kind: FrameKind;
  /** The byte every frame of this kind starts with. */
  readonly first: number;
  /** Longest frame in bytes; nothing longer is ever waited for. */
  readonly maxBytes: number;
  /**
   * Looks at `bytes[at..to)`, whose first byte is `first`. Length of the valid frame there, or one of the answers
   * above. Depends on the bytes only, never on how much more of them has come than needed.
   */
  examine(bytes: Uint8Array, at: number, to: number): number;
  /** First position from `at` on where a frame of this kind may start; `to` if there is none. */
  skip(bytes: Uint8Array, at: number, to: number): number;
  /** The next call is about another array (positions start anew). */
  restart(): void;
}

/** `skip` for kinds whose first byte is all there is to look for. */
export function skipToByte(first: number, bytes: Uint8Array, at: number, to: number): number {
  let i = at;
  while (i < to && bytes[i] !== first) i++;
  return i;
}
