// The life of the deviceWISE service as a pure machine: what it is doing, why it waits and until when.
//
//   stopped ──begin──> connecting ──up──> online ──renewed, rested──> connecting
//                       |      ^            |
//                  failed      +---begin----+--failed--> one of
//                       |                                  waiting-retry   the network, the server
//                       +──────────────────────────────>   no-bearer       the module has no connection of its own
//                                                          auth-rejected   token or application id
//                                                          unconfigured    no token, no road
//   any ──stop──> stopped
//
//   waits        module 5 s, gateway 2 s, doubled up to 300 s, any part of it at random (never less than 1 s); from the
//                beginning again after 60 s online
//   auth         15 min, doubled up to 6 h; from the beginning again once it has worked or with another token
//   person       an hour for a setting, a minute for a token that is not there
//   MQTT         three tries in a row that fail on the network, and HTTPS is used for 15 min; one try that fails after
//                such a life is enough
import { type ErrorCode, type Step, unreachable } from '../../core/index.js';
import type { RoadName } from './types.js';

export const STABLE_MS = 60_000;
export const HTTP_LIFE_MS = 900_000;
const BASE_MS: Readonly<Record<RoadName, number>> = { module: 5000, mqtt: 2000, http: 2000 };
const CAP_MS = 300_000;
const MIN_MS = 1000;
/** First rest of a token that was refused. */
export const AUTH_MS = 900_000;
const AUTH_CAP_MS = 21_600_000;
const PERSON_MS = 3_600_000;
const ABSENT_MS = 60_000;
const MQTT_TRIES = 3;

/** Why a life ended, or did not begin. */
export type Failure = 'network' | 'bearer' | 'auth' | 'config' | 'credential';

export type LifeState =
  | { is: 'stopped' | 'connecting' }
  | { is: 'online'; sinceMonoMs: number }
  | { is: 'waiting-retry'; cause: ErrorCode; nextMonoMs: number }
  | { is: 'no-bearer'; cause: ErrorCode; nextMonoMs: number }
  | { is: 'auth-rejected'; code: ErrorCode; nextMonoMs: number }
  | { is: 'unconfigured'; cause: ErrorCode; nextMonoMs: number };

export interface ServiceState {
  life: LifeState;
  road?: RoadName;
  /** Failures on the network in a row. */
  failures: number;
  /** Refusals in a row of the token in force. */
  refusals: number;
  /** Of the token last used. */
  generation?: number;
  /** Tries over MQTT in a row that failed on the network. */
  mqttFailures: number;
}

export type ServiceEvent =
  | { is: 'begin'; road?: RoadName }
  /** The token that is used; another one has a record of its own. */
  | { is: 'lent'; generation: number; refusals?: number }
  | { is: 'up'; nowMonoMs: number }
  /** The life over HTTPS has had its time. */
  | { is: 'rested' }
  | { is: 'renewed' }
  | {
      is: 'failed';
      as: Failure;
      code: ErrorCode;
      nowMonoMs: number;
      /** 0..1. */
      random: number;
      /** What the other side, or the credential, asks for. */
      retryAfterMs?: number;
    }
  | { is: 'stop' };

export type ServiceEffect =
  | { do: 'report-ok' }
  /** The token does not work; not to be lent before. */
  | { do: 'report-refused'; retryAtMonoMs: number }
  | { do: 'report-weather' };

export const firstServiceState = (): ServiceState => ({
  life: { is: 'stopped' },
  failures: 0,
  refusals: 0,
  mqttFailures: 0,
});

/** Over MQTT nothing gets through, as it seems. */
export const isMqttBlocked = ({ mqttFailures }: ServiceState): boolean => mqttFailures >= MQTT_TRIES;

export function nextService(state: ServiceState, event: ServiceEvent): Step<ServiceState, ServiceEffect> {
  switch (event.is) {
    case 'begin': {
      const { road: _before, ...rest } = state;
      const road = event.road === undefined ? {} : { road: event.road };
      return { state: { ...rest, ...road, life: { is: 'connecting' } } };
    }
    case 'lent':
      return event.generation === state.generation
        ? { state }
        : { state: { ...state, generation: event.generation, refusals: event.refusals ?? 0 } };
    case 'up':
      return {
        state: {
          ...state,
          life: { is: 'online', sinceMonoMs: event.nowMonoMs },
          refusals: 0,
          mqttFailures: state.road === 'mqtt' ? 0 : state.mqttFailures,
        },
        effects: [{ do: 'report-ok' }],
      };
    case 'rested':
      return {
        state: { ...state, life: { is: 'connecting' }, failures: 0, mqttFailures: MQTT_TRIES - 1 },
      };
    case 'renewed':
      return { state: { ...state, life: { is: 'connecting' } } };
    case 'failed':
      return failed(state, event);
    case 'stop':
      return { state: { ...state, life: { is: 'stopped' } } };
    default:
      return unreachable(event);
  }
}

function failed(before: ServiceState, event: ServiceEvent & { is: 'failed' }): Step<ServiceState, ServiceEffect> {
  const { code, nowMonoMs, retryAfterMs = 0 } = event;
  const state = settled(before, nowMonoMs);
  switch (event.as) {
    case 'auth': {
      const waitMs = Math.max(retryAfterMs, Math.min(AUTH_CAP_MS, AUTH_MS * 2 ** Math.min(state.refusals, 10)));
      const nextMonoMs = nowMonoMs + waitMs;
      return {
        state: { ...state, refusals: state.refusals + 1, life: { is: 'auth-rejected', code, nextMonoMs } },
        effects: [{ do: 'report-refused', retryAtMonoMs: nextMonoMs }],
      };
    }
    case 'credential': {
      // It is not lent: refused before, or not there at all. A file that is put there is found by looking.
      const isRefused = code === 'credential.refused' || code === 'credential.expired';
      const nextMonoMs = nowMonoMs + (retryAfterMs > 0 ? retryAfterMs : isRefused ? PERSON_MS : ABSENT_MS);
      const life: LifeState = isRefused
        ? { is: 'auth-rejected', code, nextMonoMs }
        : { is: 'unconfigured', cause: code, nextMonoMs };
      return { state: { ...state, life } };
    }
    case 'config':
      return {
        state: {
          ...state,
          life: { is: 'unconfigured', cause: code, nextMonoMs: nowMonoMs + Math.max(retryAfterMs, PERSON_MS) },
        },
      };
    case 'network':
    case 'bearer': {
      const nextMonoMs = nowMonoMs + Math.max(retryAfterMs, networkWaitMs(state, event.random));
      const is = event.as === 'bearer' ? 'no-bearer' : 'waiting-retry';
      return {
        state: {
          ...state,
          failures: state.failures + 1,
          mqttFailures: mqttFailuresAfter(before),
          life: { is, cause: code, nextMonoMs },
        },
        effects: [{ do: 'report-weather' }],
      };
    }
  }
}

/** A session that has lasted ends what was before it. */
const settled = (state: ServiceState, nowMonoMs: number): ServiceState =>
  state.life.is === 'online' && nowMonoMs - state.life.sinceMonoMs >= STABLE_MS ? { ...state, failures: 0 } : state;

function networkWaitMs({ road, failures }: ServiceState, random: number): number {
  const full = Math.min(CAP_MS, BASE_MS[road ?? 'mqtt'] * 2 ** Math.min(failures, 10));
  return Math.max(MIN_MS, Math.round(full * random));
}

function mqttFailuresAfter({ road, life, mqttFailures }: ServiceState): number {
  // A session that was up has come through; and where HTTPS fails as well it is not the port.
  if (life.is === 'online' && road === 'mqtt') return 0;
  if (road === 'mqtt') return mqttFailures + 1;
  return road === 'http' && life.is === 'connecting' ? 0 : mqttFailures;
}
