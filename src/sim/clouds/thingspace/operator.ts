// The operator's own endpoints in front of ThingSpace, where devices hold nothing of the account: one hands down a pair of
// tokens, one answers the position (specs/thingspace.md section 7.1, simulator rows 39 and 40).
import { isRecord } from '../../fields.js';
import { credentialOf, json, objectOf, type ThingSpaceAnswer, type ThingSpaceAsk } from './answers.js';
import { retryAfterHeader, type ThingSpaceContext } from './context.js';
import { locateNow } from './locate.js';
import { SESSION_IDLE_MS, type ThingSpaceSettings } from './settings.js';
import type { SimDevice } from './state.js';

interface Pair {
  bearer: string;
  session: string;
}

export interface Operator {
  answerPair(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer;
  answerLocate(ask: ThingSpaceAsk, context: ThingSpaceContext): ThingSpaceAnswer;
}

const refusal = (status: number, error: string, headers: Record<string, string> = {}): ThingSpaceAnswer => ({
  ...json({ error }, { status, headers }),
  reason: error,
});

/** What the mood makes of every request; undefined when it is a good one. */
function moodAnswer({ settings, clock }: ThingSpaceContext): ThingSpaceAnswer | undefined {
  const later = retryAfterHeader(settings.operatorRetryAfter, settings.operatorRetryAfterS, clock);
  switch (settings.operator) {
    case 'normal':
      return undefined;
    case 'pending':
      return json({ status: 'pending' }, { status: 202, headers: later });
    case 'unauthorized':
      return refusal(401, 'unauthorized');
    case 'forbidden':
      return refusal(403, 'forbidden');
    case 'unknown':
      return refusal(404, 'unknown_device');
    case 'latched':
      return refusal(409, 'latched', later);
    case 'gone':
      return refusal(410, 'deactivated');
    case 'busy':
      return refusal(429, 'too_many_requests', later);
    case 'down':
      return refusal(503, 'unavailable', later);
  }
}

/** Judges who asks and for which device. */
function admitted(
  ask: ThingSpaceAsk,
  context: ThingSpaceContext,
): ThingSpaceAnswer | { body: Readonly<Record<string, unknown>>; device: SimDevice } {
  const isKnown = ask.hasCertificate || credentialOf(ask.headers, 'bearer') === context.account.secrets.enrolmentToken;
  if (!isKnown) return refusal(401, 'unauthorized');
  const mood = moodAnswer(context);
  if (mood) return mood;
  const body = objectOf(ask.body);
  const named = body?.['device'];
  if (!body || !isRecord(named) || typeof named['imei'] !== 'string') return refusal(400, 'invalid_request');
  const device = context.state.devices.find(({ imei }) => imei === named['imei']);
  return device ? { body, device } : refusal(404, 'unknown_device');
}

const REASONS = ['initial', 'expired', 'rejected'];

function expiry(form: ThingSpaceSettings['operatorExpiresIn'], remainingMs: number): object {
  const seconds = Math.round(remainingMs / 1000);
  switch (form) {
    case 'remaining':
      return { expires_in: seconds };
    case 'absent':
      return {};
    case 'too-long':
      return { expires_in: 7200 };
    case 'text':
      return { expires_in: 'soon' };
  }
}

export function createOperator(): Operator {
  let last: Pair | undefined;

  /** One session for all devices, made again when it has ended or a device says it is refused. */
  const renewed = (body: Readonly<Record<string, unknown>>, { state, settings }: ThingSpaceContext): Pair => {
    const isRejected = body['reason'] === 'rejected';
    if (last && isRejected && settings.isOperatorStale) return last;
    const rejected = body['rejected'];
    const isSessionBad = isRejected && isRecord(rejected) && rejected['kind'] === 'session';
    const isKept = last !== undefined && !isSessionBad && state.sessionStanding(last.session) === 'live';
    last = { bearer: state.token().value, session: isKept && last ? last.session : state.openSession() };
    return last;
  };

  return {
    answerPair(ask, context) {
      const { state, settings, account } = context;
      const good = admitted(ask, context);
      if ('status' in good) return good;
      const { body, device } = good;
      if (body['provider'] !== 'thingspace' || !REASONS.includes(String(body['reason'])))
        return refusal(400, 'invalid_request');
      const pair = renewed(body, context);
      return json({
        access_token: pair.bearer,
        token_type: 'Bearer',
        ...expiry(settings.operatorExpiresIn, state.token().remainingMs),
        ...(settings.doesOperatorSendSession
          ? { session_token: pair.session, session_idle_s: SESSION_IDLE_MS / 1000 }
          : {}),
        account_name: account.secrets.account,
        mdn: device.mdn,
        ...(settings.operatorNotBeforeS > 0 ? { not_before_s: settings.operatorNotBeforeS } : {}),
      });
    },
    answerLocate(ask, context) {
      const { clock } = context;
      const good = admitted(ask, context);
      if ('status' in good) return good;
      const { body, device } = good;
      const maxAgeS = body['max_age_s'];
      const isFresh =
        device.cache !== undefined &&
        typeof maxAgeS === 'number' &&
        clock.wall() - device.cache.fixUtcMs <= maxAgeS * 1000;
      const fix = isFresh ? device.cache : locateNow(device, context);
      // The network does not find it: later, perhaps.
      if (!fix) return refusal(503, 'position_unavailable', { 'retry-after': '60' });
      return json({
        lat: fix.place.latitudeDeg,
        lon: fix.place.longitudeDeg,
        radius_m: fix.place.radiusM,
        fix_time: new Date(fix.fixUtcMs).toISOString(),
        source: 'carrier-cell',
      });
    },
  };
}
