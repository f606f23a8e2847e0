// Does a token work? The road opens with it, and the cloud answers a ping (specs/devicewise.md section 3, rotation).
import { type Secret, type Tr50Outcome, WaymarkError } from '../../core/index.js';
import { meaningOf } from './judgement.js';
import type { RoadOpener, Tr50Road } from './types.js';
import { failureText } from './verdicts.js';

/** Errors: as `RoadOpener.open`, and those of the ping. */
export async function proveToken(
  opener: RoadOpener,
  appToken: Secret,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const road = await opener.open({ appToken, signal });
  try {
    await ping(road, { signal });
  } finally {
    await road.close();
  }
}

export async function ping(road: Pick<Tr50Road, 'request'>, { signal }: { signal: AbortSignal }): Promise<void> {
  const [outcome = { is: 'timeout' } as const] = await road.request([{ command: 'diag.ping' }], { signal });
  signal.throwIfAborted();
  const error = pingError(outcome);
  if (error) throw error;
}

function pingError(outcome: Tr50Outcome): WaymarkError | undefined {
  switch (outcome.is) {
    case 'ok':
      return undefined;
    case 'timeout':
      return new WaymarkError('core.timeout', 'deviceWISE did not answer a ping');
    case 'link-lost':
      return new WaymarkError('devicewise.lost', 'the connection ended during a ping');
    case 'busy':
      return new WaymarkError('devicewise.unreachable', 'the road is busy', { retryAfterMs: outcome.retryAfterMs });
    case 'unsendable':
      return new WaymarkError('core.internal', `a ping cannot be sent: ${outcome.reason}`);
    case 'failed':
      switch (meaningOf(outcome)) {
        case 'session':
          return new WaymarkError('devicewise.session-refused', `a ping was refused: ${failureText(outcome)}`);
        case 'weather':
          return new WaymarkError('devicewise.unreachable', `a ping was refused: ${failureText(outcome)}`);
        case 'permission':
        case 'gone':
        case 'refused':
          // Whoever is told that a ping is not for him is known.
          return undefined;
      }
  }
}
