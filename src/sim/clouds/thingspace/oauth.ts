// The two OAuth calls (specs/thingspace.md section 2, simulator rows 1 to 9): the key pair's one token, and its end.
import {
  apiFault,
  credentialOf,
  json,
  mediaType,
  oauthError,
  type ThingSpaceAnswer,
  type ThingSpaceAsk,
} from './answers.js';
import type { ThingSpaceContext } from './context.js';

const FORM = 'application/x-www-form-urlencoded';

/** Judges the Basic credential and the form; the form when both are good. */
function admitted(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer | URLSearchParams {
  const { key, secret } = context.account.secrets;
  const pair = credentialOf(ask.headers, 'basic');
  if (pair === undefined) return apiFault(401, '900902', context.settings);
  // Compared encoded: another alphabet, missing padding or a line break is another credential.
  if (pair !== Buffer.from(`${key}:${secret}`).toString('base64'))
    return oauthError(401, 'invalid_client', 'A valid OAuth client could not be found for client_id');
  if (mediaType(ask.headers) !== FORM) return oauthError(400, 'invalid_request', 'Missing grant_type parameter value');
  return new URLSearchParams(ask.body);
}

const isAnswer = (value: ThingSpaceAnswer | URLSearchParams): value is ThingSpaceAnswer => 'status' in value;

const GRANT = 'client_credentials';

export function answerToken(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer {
  const { state, settings } = context;
  const form = admitted(ask, context);
  if (isAnswer(form)) return form;
  const grant = form.get('grant_type');
  if (grant === null) return oauthError(400, 'invalid_request', 'Missing grant_type parameter value');
  if (grant !== GRANT) return oauthError(400, 'unsupported_grant_type', 'Unsupported grant_type value');
  state.counters.tokenRequests++;
  const { value, remainingMs } = state.token();
  const seconds = settings.expiresIn === 'always-3600' ? 3600 : Math.round(remainingMs / 1000);
  return json({
    access_token: value,
    ...(settings.isScopeShown ? { scope: 'am_application_scope default' } : {}),
    token_type: 'Bearer',
    ...(settings.expiresIn === 'absent' ? {} : { expires_in: settings.expiresIn === 'text' ? `${seconds}` : seconds }),
  });
}

/** The documented form and the standard's (`token_type_hint`) are both taken; an unknown token is no mistake. */
export function answerRevoke(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer {
  const { state, settings } = context;
  const form = admitted(ask, context);
  if (isAnswer(form)) return form;
  const token = form.get('token');
  if (token === null || token === '') return oauthError(400, 'invalid_request', 'Missing token parameter value');
  state.counters.revokes++;
  const wasLive = state.revoke(token);
  return {
    status: 200,
    contentType: 'application/json',
    body: '',
    ...(wasLive && settings.isRevokedTokenShown ? { headers: { RevokedAccessToken: token } } : {}),
  };
}
