// The pieces of a bundle: one file each, and a word on every one that could not be had.
import { toWaymarkError } from '../../core/index.js';

export interface Piece {
  /** In the archive. */
  name: string;
  /** What it is, for the list a person reads before anything is written. */
  about: string;
  text: string;
}

export interface Missing {
  name: string;
  why: string;
}

export interface Collected {
  pieces: Piece[];
  missing: Missing[];
}

/** What a source gives: text, or nothing with the reason. */
export type Source = () => Promise<string | undefined> | string | undefined;

/** Asks one source; whatever goes wrong is a line in the list and costs nothing else. */
export async function collect(into: Collected, name: string, about: string, source: Source): Promise<void> {
  try {
    const text = await source();
    if (text === undefined || text === '') into.missing.push({ name, why: 'there is none here' });
    else into.pieces.push({ name, about, text });
  } catch (error) {
    into.missing.push({ name, why: toWaymarkError(error).message });
  }
}
