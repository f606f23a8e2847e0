// Requests to the current AssistNow service (specs/ublox.md 4.1): which data to ask for under a plan, and the address.
import { type CoarsePosition, type Secret, WaymarkError } from '../../core/index.js';
import { placeParameters } from './place.js';

/** Live orbits on need, predicted ones to be kept: two requests, because one refused type refuses the whole answer. */
export type AssistPart = 'live' | 'predictive';

const LIVE_ORBITS = 'ulorb_l1';
const LIVE_EXTRAS = ['ukion', 'usvht'];
const ALMANAC = 'ualm';
const PREDICTED = /^uporb_(\d{1,2})$/;

/** The data types of one request; `extras` may be left out. */
export interface DataChoice {
  orbits: string;
  extras: readonly string[];
}

/**
 * What a plan allows of a part. One type outside the plan would refuse the whole request, so only what is allowed is
 * asked for. Undefined: nothing of it.
 */
export function chooseData(
  part: AssistPart,
  allowed: readonly string[],
  predictiveDays: number,
): DataChoice | undefined {
  const has = (name: string): boolean => allowed.includes(name);
  if (part === 'live') return has(LIVE_ORBITS) ? { orbits: LIVE_ORBITS, extras: LIVE_EXTRAS.filter(has) } : undefined;
  const days = allowed
    .map((name) => Number(PREDICTED.exec(name)?.[1] ?? 0))
    .filter((n) => n > 0 && n <= predictiveDays);
  return days.length === 0 ? undefined : { orbits: `uporb_${Math.max(...days)}`, extras: [ALMANAC].filter(has) };
}

/** What may be left out of a request that is refused, in the order in which it is tried. */
export const COMPONENTS = ['position', 'extras', 'constellations'] as const;
export type Component = (typeof COMPONENTS)[number];

export const COMPONENT_WORDS: Readonly<Record<Component, string>> = {
  position: 'the position filter',
  extras: 'the data beside the orbits',
  constellations: 'the satellite systems beside GPS',
};

export interface CurrentRequest {
  serviceUrl: string;
  chipcode: Secret;
  data: DataChoice;
  constellations: readonly string[];
  /** Narrows live orbits to the satellites in view there; predicted ones are for days and are not narrowed. */
  position?: CoarsePosition | undefined;
}

/** The components this request has that may be left out. */
export function componentsOf(request: CurrentRequest): Component[] {
  const has: Readonly<Record<Component, boolean>> = {
    position: request.position !== undefined,
    extras: request.data.extras.length > 0,
    constellations: request.constellations.length > 1,
  };
  return COMPONENTS.filter((name) => has[name]);
}

/** The request without the named components. */
export function reduced(request: CurrentRequest, dropped: readonly Component[]): CurrentRequest {
  const { serviceUrl, chipcode, data, constellations, position } = request;
  const gps = constellations.includes('gps') ? ['gps'] : constellations.slice(0, 1);
  return {
    serviceUrl,
    chipcode,
    data: dropped.includes('extras') ? { ...data, extras: [] } : data,
    constellations: dropped.includes('constellations') ? gps : constellations,
    position: dropped.includes('position') ? undefined : position,
  };
}

/** The address to ask, with the chipcode in it: never to be logged. Errors: `assist.invalid-request`. */
export function currentUrl(request: CurrentRequest): string {
  const { serviceUrl, chipcode, data, constellations, position } = request;
  if (!/^https:\/\/[^\s#?]+(?:\?[^\s#]*)?$/.test(serviceUrl) || !URL.canParse(serviceUrl))
    throw new WaymarkError(
      'assist.invalid-request',
      'the service address of the provisioning answer is no https address',
    );
  const place = position && placeParameters(position);
  const parameters = [
    `chipcode=${encodeURIComponent(chipcode.reveal())}`,
    `gnss=${constellations.join(',')}`,
    `data=${[data.orbits, ...data.extras].join(',')}`,
    ...(place ? [...place.map(([name, value]) => `${name}=${value}`), 'filteronpos=1'] : []),
  ];
  return `${serviceUrl}${serviceUrl.includes('?') ? '&' : '?'}${parameters.join('&')}`;
}
