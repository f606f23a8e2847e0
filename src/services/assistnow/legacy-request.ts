// Requests to the legacy AssistNow service (specs/ublox.md 4.2): parameters joined by `;`, the token first.
import { type CoarsePosition, type Secret, WaymarkError } from '../../core/index.js';
import { decimal, placeParameters } from './place.js';

export type LegacyKind = 'online' | 'offline';

export interface LegacyRequest {
  token: Secret;
  kind: LegacyKind;
  constellations: readonly string[];
  /** Days of predicted orbits (offline). */
  days: number;
  position?: CoarsePosition | undefined;
  /** Accuracy and delay of the server's time, seconds; from memory, not sent unless set. */
  timeAccuracyS?: number | undefined;
  latencyS?: number | undefined;
}

const PATHS: Readonly<Record<LegacyKind, string>> = { online: '/GetOnlineData.ashx', offline: '/GetOfflineData.ashx' };

/** The provider's own pair of servers. */
export const LEGACY_HOSTS: Readonly<Record<LegacyKind, readonly [string, string]>> = {
  online: ['https://online-live1.services.u-blox.com', 'https://online-live2.services.u-blox.com'],
  offline: ['https://offline-live1.services.u-blox.com', 'https://offline-live2.services.u-blox.com'],
};

/** A ZTP token is a UUID, a location token never is (specs/ublox.md 0.1). */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isZtpToken = (token: Secret): boolean => UUID.test(token.reveal());

/** Which parameter the provider's words are about, if they name one of ours. */
export function componentNamed(text: string): string | undefined {
  const words = ['gnss', 'datatype', 'days', 'format', 'filteronpos', 'pacc', 'lat', 'lon', 'alt', 'latency', 'tacc'];
  return words.find((word) => new RegExp(`\\b${word}\\b`, 'i').test(text));
}

/** The parameters beside the token and the format, by name: what a refusal of the request can be about. */
function ownParameters(request: LegacyRequest): string[] {
  const { kind, constellations, days, position, timeAccuracyS, latencyS } = request;
  const place = kind === 'online' && position ? placeParameters(position) : undefined;
  return [
    `gnss=${constellations.join(',')}`,
    kind === 'online' ? `datatype=eph,alm,aux${place ? ',pos' : ''}` : `days=${decimal(days, 0)}`,
    'format=mga',
    ...(place ? [...place.map(([name, value]) => `${name}=${value}`), 'filteronpos'] : []),
    ...(latencyS === undefined ? [] : [`latency=${decimal(latencyS, 1)}`]),
    ...(timeAccuracyS === undefined ? [] : [`tacc=${decimal(timeAccuracyS, 1)}`]),
  ];
}

export const parameterNames = (request: LegacyRequest): string =>
  ownParameters(request)
    .map((parameter) => parameter.split('=')[0])
    .join(', ');

/** `base` with our path, unless it has one of its own. Errors: `assist.invalid-request`. */
function address(base: string, kind: LegacyKind, token: Secret, parameters: readonly string[]): string {
  if (!/^https:\/\/[^\s#?]+$/.test(base) || !URL.canParse(base))
    throw new WaymarkError('assist.invalid-request', 'the AssistNow server is no https address');
  const { pathname } = new URL(base);
  const path = pathname === '/' ? base.replace(/\/$/, '') + PATHS[kind] : base;
  return `${path}?${[`token=${encodeURIComponent(token.reveal())}`, ...parameters].join(';')}`;
}

/** The address to ask, with the token in it: never to be logged. */
export function legacyUrl(base: string, request: LegacyRequest): string {
  return address(base, request.kind, request.token, ownParameters(request));
}

/**
 * The smallest request that a good token answers with 200 (specs/tokens.md 4): online the time alone, which is what no
 * `gnss` means; offline one day of one system.
 */
export function legacyProbeUrl(base: string, kind: LegacyKind, token: Secret): string {
  return address(base, kind, token, kind === 'online' ? ['format=mga'] : ['gnss=gps', 'days=1', 'format=mga']);
}
