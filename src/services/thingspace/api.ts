// A call of the account's API with both tokens (specs/thingspace.md section 9): each may be mended once, and a late
// refusal of a token already replaced changes nothing, because reports name the generation they are about.
import type { Secret } from '../../core/index.js';
import type { CredentialSource } from '../../vault/index.js';
import { type Answer, classify, errorOf, type ThingspaceVerdict } from './errors.js';
import type { Wire } from './wire.js';

export interface ApiCall {
  path: string;
  body: string;
  what: string;
  /** Runs just before the first byte of each sending. */
  beforeSend?: () => Promise<void>;
  signal?: AbortSignal | undefined;
}

export interface Api {
  /**
   * The 200, or the verdict that ended it. Errors: those of the two credentials, of HttpsClient, and `thingspace.*` for
   * every verdict but `cache-unavailable`.
   */
  call(call: ApiCall): Promise<{ is: 'answer'; answer: Answer } | { is: 'cache-unavailable' }>;
}

export interface ApiTokens {
  bearer: CredentialSource<Secret>;
  session: CredentialSource<Secret>;
}

export function createApi(wire: Wire, tokens: ApiTokens): Api {
  const { bearer, session } = tokens;
  return {
    async call({ path, body, what, beforeSend, signal }) {
      let hasMendedBearer = false;
      let hasMendedSession = false;
      for (;;) {
        // The session first: where logins are held back, nothing at all is sent.
        const s = await session.get({ signal });
        const b = await bearer.get({ signal });
        const answer = await wire.post({
          path,
          headers: {
            Authorization: `Bearer ${b.value.reveal()}`,
            'VZ-M2M-Token': s.value.reveal(),
            'Content-Type': 'application/json',
          },
          body,
          signal,
          ...(beforeSend ? { beforeSend } : {}),
        });
        const verdict: ThingspaceVerdict = classify(answer, 'resource');
        switch (verdict.is) {
          case 'ok':
            bearer.report(b, { is: 'ok' });
            session.report(s, { is: 'ok' });
            return { is: 'answer', answer };
          case 'cache-unavailable':
            return { is: 'cache-unavailable' };
          case 'bearer-bad': {
            const { evidence } = verdict;
            bearer.report(b, { is: 'refused', state: 'rejected', reason: 'refused', evidence });
            if (hasMendedBearer) throw errorOf(verdict, what);
            hasMendedBearer = true;
            break;
          }
          case 'session-bad': {
            const { evidence } = verdict;
            session.report(s, { is: 'refused', state: 'expired', reason: 'idle-expiry', evidence });
            if (hasMendedSession) throw errorOf(verdict, what);
            hasMendedSession = true;
            break;
          }
          case 'weather':
          case 'login-refused':
          case 'key-refused':
          case 'config':
          case 'consent':
          case 'not-subscribed':
          case 'our-bug':
            throw errorOf(verdict, what);
        }
      }
    },
  };
}
