// What the wiring knows of one cloud, whichever it is: its lanes, and how status shows it.
import type { ServiceReason } from '../../services/index.js';
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

/** Why it does not do its work, and what happens next; nothing while it does. */
export function troubleOf(
  reason: ServiceReason | undefined,
  next: { what: string; atMonoMs: number } | undefined,
  nowMonoMs: number,
): Pick<CloudView, 'reason' | 'message' | 'hint' | 'evidence' | 'next' | 'nextInMs'> {
  return {
    ...(reason
      ? {
          ...{ reason: reason.code, message: reason.message, hint: reason.hint },
          ...(reason.evidence ? { evidence: reason.evidence } : {}),
        }
      : {}),
    ...nextIn(next, nowMonoMs),
  };
}

/** Of `host:port`, or of a host alone where there is a usual port. */
export function addressOf(server: string, usualPort?: number): { host: string; port: number } {
  const colon = server.lastIndexOf(':');
  return colon < 0 && usualPort !== undefined
    ? { host: server, port: usualPort }
    : { host: server.slice(0, colon), port: Number(server.slice(colon + 1)) };
}
