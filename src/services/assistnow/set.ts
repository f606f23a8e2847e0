// An assistance set: the frames of one answer (or one burst), ready to be kept. The server's time and position are
// taken out: they were right when the set was made, and an injection brings its own (specs/ublox.md 3.4).
import { matterOf, timeOf } from './mga.js';
import { createUbxWalker } from './walker.js';

export interface AssistSet {
  /** Whole UBX-MGA frames in the order they came, without time and position. */
  readonly frames: readonly Uint8Array[];
  readonly bytes: number;
  /** When the set was made, by its own INI-TIME_UTC; ms since 1970 UTC. */
  readonly generatedUtcMs?: number;
}

/** A set of frames that are known to be whole. */
export function setOf(frames: readonly Uint8Array[]): AssistSet {
  const kept: Uint8Array[] = [];
  let generatedUtcMs: number | undefined;
  let bytes = 0;
  for (const frame of frames) {
    const matter = matterOf(frame);
    if (matter === 'time') generatedUtcMs ??= timeOf(frame);
    if (matter === 'time' || matter === 'position' || matter === 'never') continue;
    kept.push(frame);
    bytes += frame.length;
  }
  return { frames: kept, bytes, ...(generatedUtcMs === undefined ? {} : { generatedUtcMs }) };
}

export interface WalkedSet extends AssistSet {
  /** All whole assistance frames, time and position among them. */
  readonly framesSeen: number;
  readonly junkBytes: number;
  readonly foreignFrames: number;
  readonly isCut: boolean;
}

/** The set in bytes from outside. */
export function setFrom(bytes: Uint8Array): WalkedSet {
  const walker = createUbxWalker();
  const frames = [...walker.push(bytes), ...walker.end()];
  const { junkBytes, foreignFrames, isCut } = walker;
  return { ...setOf(frames), framesSeen: frames.length, junkBytes, foreignFrames, isCut };
}
