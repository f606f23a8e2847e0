// Which path is which call, and what every call needs before it is judged: the bearer, then the session.

import {
  answerCallbacks,
  answerConsentList,
  answerConsents,
  answerDeviceConsent,
  answerSubscription,
} from './account-calls.js';
import { apiFault, type ThingSpaceAnswer, type ThingSpaceAsk, text } from './answers.js';
import type { Callbacks } from './callbacks.js';
import type { ThingSpaceContext } from './context.js';
import { answerDeviceList } from './line.js';
import { answerCancel, answerDeviceLocations, answerLocations } from './location.js';
import { answerRevoke, answerToken } from './oauth.js';
import type { Operator } from './operator.js';
import { answerLogin, answerLogout, bearerRefusal, sessionRefusal } from './session.js';

export const THINGSPACE_PATHS = {
  token: '/api/ts/v1/oauth2/token',
  revoke: '/api/ts/v1/oauth2/revoke',
  login: '/api/m2m/v1/session/login',
  logout: '/api/m2m/v1/session/logout',
  devices: '/api/m2m/v1/devices/actions/list',
  locations: '/api/loc/v1/locations',
  deviceLocations: '/api/loc/v1/devicelocations',
  /** The operator's, of the simulator's own choice. */
  operatorToken: '/operator/v1/thingspace/token',
  operatorLocate: '/operator/v1/thingspace/locate',
} as const;

export const THINGSPACE_CALLS = [
  'token',
  'revoke',
  'login',
  'logout',
  'devices',
  'locations',
  'device-locations',
  'account',
  'operator-token',
  'operator-locate',
  'other',
] as const;
/** `account`: callbacks, consents, subscriptions; `other`: a path nobody serves. */
export type ThingSpaceCall = (typeof THINGSPACE_CALLS)[number];

export interface RouteDeps {
  operator: Operator;
  callbacks: Callbacks;
}

type Answerer = (ask: ThingSpaceAsk, context: ThingSpaceContext, deps: RouteDeps) => ThingSpaceAnswer;

interface Route {
  call: ThingSpaceCall;
  methods: readonly string[];
  /** What it needs beside its own credentials. */
  needs: 'nothing' | 'm2m' | 'loc';
  answer: Answerer;
}

const post = (call: ThingSpaceCall, needs: Route['needs'], answer: Answerer): Route => ({
  ...{ call, needs, answer },
  methods: ['POST'],
});
const byAccount = (methods: readonly string[], answer: Answerer): Route => ({
  ...{ methods, answer },
  call: 'account',
  needs: 'loc',
});

const LOC = '/api/loc/v1';
const FIXED: Readonly<Record<string, Route>> = {
  [THINGSPACE_PATHS.token]: post('token', 'nothing', answerToken),
  [THINGSPACE_PATHS.revoke]: post('revoke', 'nothing', answerRevoke),
  [THINGSPACE_PATHS.login]: post('login', 'nothing', answerLogin),
  [THINGSPACE_PATHS.logout]: post('logout', 'm2m', answerLogout),
  [THINGSPACE_PATHS.devices]: post('devices', 'm2m', answerDeviceList),
  [THINGSPACE_PATHS.locations]: post('locations', 'loc', answerLocations),
  [THINGSPACE_PATHS.deviceLocations]: post('device-locations', 'loc', (ask, context, { callbacks }) =>
    answerDeviceLocations(ask, context, callbacks),
  ),
  [THINGSPACE_PATHS.operatorToken]: post('operator-token', 'nothing', (ask, context, { operator }) =>
    operator.answerPair(ask, context),
  ),
  [THINGSPACE_PATHS.operatorLocate]: post('operator-locate', 'nothing', (ask, context, { operator }) =>
    operator.answerLocate(ask, context),
  ),
  [`${LOC}/consents`]: byAccount(['POST', 'DELETE'], answerConsents),
  [`${LOC}/devicelocations/action/consents`]: byAccount(['GET', 'POST', 'PUT'], answerDeviceConsent),
};

/** Paths with something of the account in them. */
function variable(path: string): Route | undefined {
  const [first, second, third, fourth, ...rest] = path.startsWith(`${LOC}/`)
    ? path.slice(LOC.length + 1).split('/')
    : [];
  if (second === undefined || rest.length > 0) return undefined;
  if (first === 'callbacks' && fourth === undefined) {
    const place = { account: second, name: third };
    return byAccount(third === undefined ? ['GET', 'POST'] : ['DELETE'], (ask, context, { callbacks }) =>
      answerCallbacks(ask, place, context, callbacks),
    );
  }
  if (first === 'consents' && third === 'index' && /^\d{1,6}$/.test(fourth ?? ''))
    return byAccount(['GET'], (_, context) => answerConsentList(second, Number(fourth), context));
  if (first === 'subscriptions' && third === undefined)
    return byAccount(['GET'], (_, context) => answerSubscription(second, context));
  if (first === 'devicelocations' && third === undefined)
    return byAccount(['DELETE'], (ask, context, { callbacks }) => answerCancel(ask, second, context, callbacks));
  return undefined;
}

const routeOf = (path: string): Route | undefined => (Object.hasOwn(FIXED, path) ? FIXED[path] : variable(path));

export const callOf = (path: string): ThingSpaceCall => routeOf(path)?.call ?? 'other';

/** Does a good call to it count as use of the session? */
export const usesSession = (path: string): boolean => (routeOf(path)?.needs ?? 'nothing') !== 'nothing';

export function answerCall(ask: ThingSpaceAsk, context: ThingSpaceContext, deps: RouteDeps): ThingSpaceAnswer {
  const { settings } = context;
  const route = routeOf(ask.path);
  if (!route)
    return settings.wrongPath === 'fault' && ask.path.startsWith('/api/m2m/v1/')
      ? apiFault(400, '900906', settings)
      : text(404, 'Not Found');
  if (!route.methods.includes(ask.method)) return text(405, 'Method Not Allowed');
  if (route.needs !== 'nothing') {
    const refusal = bearerRefusal(ask, context) ?? sessionRefusal(ask, context, route.needs);
    if (refusal) return refusal;
  }
  return route.answer(ask, context, deps);
}
