// Signing in over HTTPS: api.authenticate with app token, application id and thing key gives a session, which is shown like
// any credential made from another and lives in memory only (specs/devicewise.md 2.4, tokens.md T4). Its life is said to be
// a day; that is not reckoned with, for the server’s own word ends it sooner.
import { type Clock, clipRetryAfterMs, type Logger, Secret, WaymarkError } from '../../core/index.js';
import type { HttpsClient } from '../../net/index.js';
import { type CredentialSource, createDerived, type DerivedCredential } from '../../vault/index.js';
import { meaningOf } from './judgement.js';
import {
  isJsonObject,
  MAX_REPLY_BYTES,
  memberOf,
  outcomeOf,
  readTr50Reply,
  type Tr50Failure,
  type Tr50Reply,
} from './tr50-answer.js';
import { type GatewayIdentity, REQUEST_DEADLINE_MS, revealed } from './who.js';

const SESSION_ID = /^[\x21-\x7e]{1,512}$/;

export interface PosterOptions {
  /** `https://…/api`. */
  url: string;
  ca?: readonly string[] | undefined;
}

/** One POST. Errors: those of the HTTPS client, `devicewise.unreachable`, `devicewise.malformed`. */
export type Post = (json: string, options: { session?: Secret; signal: AbortSignal }) => Promise<Tr50Reply>;

/** Somebody in between may speak JSON, too, but not of success and failure by command. */
const isTr50 = (reply: Tr50Reply): boolean =>
  reply.is === 'root' || ['auth', '1'].some((id) => outcomeOf(reply, id).is !== 'timeout');

/**
 * The platform is said to answer 200 whatever it thinks of the request, so anything else is somebody in between, or trouble;
 * unless it is TR50 all the same.
 */
export function createPost(http: HttpsClient, { url, ca }: PosterOptions): Post {
  return async (body, { session, signal }) => {
    const response = await http.request({
      method: 'POST',
      url,
      ...(session ? { headers: { sessionId: session.reveal() } } : {}),
      body,
      ca,
      maxBodyBytes: MAX_REPLY_BYTES,
      deadlineMs: REQUEST_DEADLINE_MS,
      signal,
    });
    const { status } = response;
    const evidence = { http: status };
    if (status >= 500 || status === 408 || status === 429)
      throw new WaymarkError('devicewise.unreachable', `answered ${status}`, {
        evidence,
        ...(response.retryAfterMs === undefined ? {} : { retryAfterMs: clipRetryAfterMs(response.retryAfterMs) }),
      });
    const reply = readTr50Reply(response.body);
    if (status !== 200 && !isTr50(reply))
      throw new WaymarkError('devicewise.malformed', `answered ${status}`, { evidence });
    if (reply.is === 'malformed')
      throw new WaymarkError('devicewise.malformed', `answered ${status}: ${reply.why}`, { evidence });
    return reply;
  };
}

export interface SessionParts {
  clock: Clock;
  log: Logger;
  post: Post;
  /** What a session is made from, for status. */
  appToken: Pick<CredentialSource<unknown>, 'status'>;
}

/** What is shown to get a session. */
export interface SignIn {
  identity: GatewayIdentity;
  appToken: Secret;
}

export interface HttpSession {
  readonly credential: DerivedCredential;
  /** A new session with these. Errors: as RoadOpener.open. */
  signIn(as: SignIn, options: { signal: AbortSignal }): Promise<void>;
}

function refusal(failure: Tr50Failure): WaymarkError {
  const [code] = failure.codes;
  const [text] = failure.messages;
  const evidence = { ...(code === undefined ? {} : { code }), ...(text === undefined ? {} : { text }) };
  const isWeather = meaningOf(failure) === 'weather';
  return new WaymarkError(
    isWeather ? 'devicewise.unreachable' : 'devicewise.refused',
    `api.authenticate is refused${code === undefined ? '' : ` (${code})`}`,
    { evidence },
  );
}

/** The session in an answer to api.authenticate. Throws what else it is. */
function sessionIn(reply: Tr50Reply): Secret {
  const outcome = outcomeOf(reply, 'auth');
  if (outcome.is === 'failed') throw refusal(outcome);
  const id = outcome.is === 'ok' && isJsonObject(outcome.params) ? memberOf(outcome.params, 'sessionId') : undefined;
  if (typeof id !== 'string' || !SESSION_ID.test(id))
    throw new WaymarkError('devicewise.malformed', 'api.authenticate: the answer holds no session');
  return new Secret('devicewise-session', id);
}

export function createHttpSession({ clock, log, post, appToken }: SessionParts): HttpSession {
  let shown: SignIn | undefined;
  const credential = createDerived(
    { clock, log },
    {
      id: 'devicewise-session',
      kind: 'devicewise-session',
      from: [appToken],
      async fetch({ signal }) {
        if (!shown) throw new WaymarkError('devicewise.lost', 'the road is not open');
        const params = {
          appToken: shown.appToken.reveal(),
          appId: revealed(shown.identity),
          thingKey: shown.identity.thingKey,
        };
        const body = JSON.stringify({ auth: { command: 'api.authenticate', params } });
        return { value: sessionIn(await post(body, { signal })) };
      },
    },
  );
  return {
    credential,
    async signIn(as, { signal }) {
      shown = as;
      // A session of before proves nothing about this token.
      credential.drop();
      await credential.get({ signal });
    },
  };
}
