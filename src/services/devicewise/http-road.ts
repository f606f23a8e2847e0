// TR50 over HTTPS: single requests with a session in their header, and no push, so the mailbox is looked into now and then,
// sooner right after a method. A session the server has forgotten costs one sign-in and one replay, never more
// (specs/devicewise.md 2.4, row 39).
import type { HttpsClient } from '../../net/index.js';
import type { CredentialSource, DerivedCredential } from '../../vault/index.js';
import { createHttpExchange } from './http-exchange.js';
import { createHttpSession, createPost, type PosterOptions } from './http-session.js';
import type { RoadOpener, Tr50Road } from './types.js';
import { type GatewayRoadDeps, tellConnected } from './who.js';

export interface HttpRoadDeps extends GatewayRoadDeps {
  http: HttpsClient;
  /** What a session is made from; its status is shown as the root of a session that cannot be had. */
  appToken: Pick<CredentialSource<unknown>, 'status'>;
}

export interface HttpRoadOptions extends PosterOptions {
  /** How often the mailbox is looked into. */
  pollSeconds: number;
  maxRequestBytes: number;
}

export interface HttpRoadOpener extends RoadOpener {
  /** The session, for status. */
  readonly session: DerivedCredential;
}

export function createHttpRoad(deps: HttpRoadDeps, options: HttpRoadOptions): HttpRoadOpener {
  const post = createPost(deps.http, options);
  const session = createHttpSession({ ...deps, post });
  return {
    name: 'http',
    session: session.credential,
    async open({ appToken, signal }): Promise<Tr50Road> {
      const identity = await deps.identity({ signal });
      try {
        await session.signIn({ identity, appToken }, { signal });
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
      await tellConnected(deps, identity);
      signal.throwIfAborted();
      return createHttpExchange({ ...deps, post, session: session.credential, identity }, options);
    },
  };
}
