// Login and logout, and what the other calls say of a session (specs/thingspace.md section 3, simulator rows 10 to 18 and
// 21 to 24).
import {
  apiFault,
  credentialOf,
  json,
  locationError,
  objectOf,
  sessionOf,
  type ThingSpaceAnswer,
  type ThingSpaceAsk,
  uwsError,
} from './answers.js';
import type { ThingSpaceContext } from './context.js';

/** Refuses a request whose bearer is not the live token. */
export function bearerRefusal(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer | undefined {
  const { state, settings } = context;
  const bearer = credentialOf(ask.headers, 'bearer');
  if (bearer === undefined) return apiFault(401, '900902', settings);
  // One code for wrong, expired and revoked.
  if (state.tokenStanding(bearer) !== 'live') return apiFault(401, '900901', settings);
  return settings.isSubscribed ? undefined : apiFault(403, '900908', settings);
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface SessionTrouble {
  code: string;
  message: string;
}

function trouble(ask: ThingSpaceAsk, { state }: ThingSpaceContext): SessionTrouble | undefined {
  const token = sessionOf(ask.headers);
  if (token === undefined)
    return { code: 'REQUEST_FAILED.SessionToken.Format', message: 'The Session Token is missing.' };
  const standing = state.sessionStanding(token);
  if (standing === 'live') return undefined;
  if (standing === 'idle') return { code: 'REQUEST_FAILED.SessionToken.Expired', message: 'The Session has expired.' };
  return {
    code: 'INPUT_INVALID.SessionToken.Invalid',
    message: GUID.test(token) ? 'The Session Token is not valid.' : 'The Session Token is not a GUID.',
  };
}

/** Refuses a request without a live session, in the shape of the API it was made to. */
export function sessionRefusal(
  ask: ThingSpaceAsk,
  context: ThingSpaceContext,
  api: 'm2m' | 'loc',
): ThingSpaceAnswer | undefined {
  const found = trouble(ask, context);
  if (!found) return undefined;
  const { sessionErrorStatus: status, sessionErrorShape } = context.settings;
  if (api === 'm2m' || sessionErrorShape === 'E3') return uwsError(found.code, found.message, status);
  return locationError(`UWS verification failure (${found.message})`, 'INVALID_PARAMETER', status);
}

const FORBIDDEN = /['<\\]/;

/** Is there a text the API takes no part of? */
export const hasForbidden = (value: unknown): boolean => {
  if (typeof value === 'string') return FORBIDDEN.test(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasForbidden);
};

export const invalidCharacter = (): ThingSpaceAnswer =>
  uwsError('INPUT_INVALID.Request.InvalidCharacter', 'The request contains an invalid character.');

export function answerLogin(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer {
  const { state, settings } = context;
  // Says nothing about the password, so it costs nobody a try.
  const refusal = bearerRefusal(ask, context);
  if (refusal) return refusal;
  const body = objectOf(ask.body);
  const username = body?.['username'];
  const password = body?.['password'];
  const named = typeof username === 'string' ? username : undefined;
  if (named === undefined || typeof password !== 'string') {
    state.missLogin(named);
    return uwsError('REQUEST_FAILED.UnexpectedError', 'An unexpected error has occurred.');
  }
  if (settings.checksCharacters && hasForbidden(body)) {
    state.missLogin(named);
    return invalidCharacter();
  }
  const verdict = state.login(named, password, settings.singleSessionPerUser);
  if (verdict.is === 'refused') {
    const isLocked = verdict.why === 'locked';
    return uwsError(
      `REQUEST_FAILED.${isLocked ? 'UserLocked' : settings.loginErrorTail}`,
      isLocked ? 'The user is locked. Contact Verizon Support.' : 'User name or password is not valid.',
    );
  }
  return json({
    sessionToken: verdict.session,
    ...(settings.sessionExpiresInS > 0 ? { expiresIn: settings.sessionExpiresInS } : {}),
  });
}

export function answerLogout(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer {
  const sessionToken = sessionOf(ask.headers) ?? '';
  context.state.logout(sessionToken);
  return json({ sessionToken });
}
