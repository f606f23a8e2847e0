// Who the gateway says it is on a road of its own, and what both roads are told.
import { type Clock, type Logger, maskIdentifier, type Secret, toWaymarkError } from '../../core/index.js';

/** `own`: made here and kept secret. `imei`: what a module signs in with, an identifier everybody may know. */
export type ApplicationId = { is: 'own'; value: Secret } | { is: 'imei'; value: string };

export interface GatewayIdentity {
  thingKey: string;
  applicationId: ApplicationId;
}

/** For the transport alone. */
export const revealed = ({ applicationId }: GatewayIdentity): string =>
  applicationId.is === 'own' ? applicationId.value.reveal() : applicationId.value;

/** For people. */
export const identityFacts = ({
  thingKey,
  applicationId,
}: GatewayIdentity): { thing: string; applicationId: string } => ({
  thing: maskIdentifier(thingKey),
  applicationId: applicationId.is,
});

export interface GatewayRoadDeps {
  clock: Clock;
  log: Logger;
  /** Asked at each opening: the IMEI may only be known by then. Errors: the abort reason, `devicewise.config`, `vault.write`. */
  identity(options: { signal: AbortSignal }): Promise<GatewayIdentity>;
  /** deviceWISE has let this identity in: from now on the thing is bound to it. */
  onConnected?(identity: GatewayIdentity): Promise<void> | void;
}

/** A note that cannot be written is no reason to leave the road that has just been opened. */
export async function tellConnected(
  { log, onConnected }: Pick<GatewayRoadDeps, 'log' | 'onConnected'>,
  identity: GatewayIdentity,
): Promise<void> {
  try {
    await onConnected?.(identity);
  } catch (error) {
    log.warn('devicewise.not-noted', { error: toWaymarkError(error).code });
  }
}

/** Within this a request is answered, or nobody knows what became of it. */
export const REQUEST_DEADLINE_MS = 30_000;
/** Many short commands in one request would be one long silence. */
export const MAX_COMMANDS = 25;
/** What a request is told that found no turn. */
export const BUSY = { is: 'busy', retryAfterMs: 1000 } as const;
