// What the wiring knows of one cloud, whichever it is: its lanes, and how status shows it.
import type { CloudView } from '../../status/index.js';
import type { Lane } from '../lane.js';

export interface Cloud extends AsyncDisposable {
  readonly lanes: readonly Lane[];
  /** Without the outbox, which is none of its own. */
  view(): CloudView;
}

/** One time in words that are asked for while status is drawn. */
export function nextIn(
  next: { what: string; atMonoMs: number } | undefined,
  nowMonoMs: number,
): Pick<CloudView, 'next' | 'nextInMs'> {
  return next ? { next: next.what, nextInMs: Math.max(0, Math.round(next.atMonoMs - nowMonoMs)) } : {};
}
