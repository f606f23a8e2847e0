// What is known of the module in one object for people and programs, whoever found it out: the running agent's status,
// or a look of our own. Identifiers are masked here.
import { maskIdentifier, type WaymarkError } from '../core/index.js';
import type { Survey } from '../modem/index.js';
import type { ModemView, StatusSnapshot } from '../status/index.js';

export interface Trouble {
  code: string;
  message: string;
  hint?: string;
}

export interface ModemReport {
  /** `agent`: what the running agent knows; `port`: what the module answered just now. */
  source: 'agent' | 'port';
  port: string;
  manufacturer?: string;
  model?: string;
  revision?: string;
  profile?: string;
  profileNote?: string;
  /** Last four characters, unless shown in full on request. */
  imei?: string;
  iccid?: string;
  imsi?: string;
  radio?: 'on' | 'off';
  sim: string;
  simTries?: { pin?: number; puk?: number };
  registration: {
    state: string;
    technology?: string;
    areaCode?: string;
    cellId?: string;
    plmn?: string;
    rejectCause?: number;
    causeWords?: string;
  };
  operator?: string;
  signal?: { rssiDbm?: number; rsrpDbm?: number; rsrqDb?: number; sinrDb?: number; quality: string };
  cell?: { band?: string; areaCode?: string; cellId?: string; plmn?: string };
  contexts: { contextId: number; type?: string; apn?: string; active: boolean; address?: string }[];
  /** ISO 8601, UTC; `unset` when the module has never been told the time. */
  clock?: { utc: string; zoneKnown: boolean; source: string } | 'unset';
  temperatureC?: number;
  dataPath?: { kind: string; state: string };
  /** Other programs that have the port open. */
  sharedWith?: readonly { name: string; pid: number }[];
  /** What is not well, in the order in which it has to be cured. */
  troubles: Trouble[];
}

/** Foreign text in a report: no longer than a person reads. */
const MAX_TEXT = 120;
const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);

const troubleOf = ({ code, message, hint }: WaymarkError): Trouble => ({ code, message: cut(message), hint });

/** The report of a look of our own. */
export function reportFromSurvey(survey: Survey, port: string, showIdentifiers: boolean): ModemReport {
  const { imei, iccid, imsi, clock, isNetworkCard, troubles, cell, contexts, operator, ...rest } = survey;
  const shown = (value: string): string => (showIdentifiers ? value : maskIdentifier(value));
  return {
    ...rest,
    source: 'port',
    port,
    ...(imei === undefined ? {} : { imei: shown(imei) }),
    ...(iccid === undefined ? {} : { iccid: shown(iccid) }),
    ...(imsi === undefined ? {} : { imsi: shown(imsi) }),
    ...(operator === undefined ? {} : { operator: cut(operator) }),
    ...(cell ? { cell } : {}),
    contexts: contexts.map((context) => ({ ...context, type: cut(context.type), apn: cut(context.apn) })),
    ...(clock === undefined
      ? {}
      : {
          clock:
            clock === 'unset'
              ? clock
              : { utc: new Date(clock.utcMs).toISOString(), zoneKnown: clock.zoneKnown, source: clock.source },
        }),
    ...(isNetworkCard === undefined
      ? {}
      : { dataPath: isNetworkCard ? { kind: 'ecm', state: 'observed' } : { kind: 'host', state: 'observed' } }),
    troubles: troubles.map(troubleOf),
  };
}

const LAMPS = new Set(['modem', 'sim', 'network']);

/** The report of a running agent's status; undefined when its configuration has no modem. */
export function reportFromStatus(status: StatusSnapshot): ModemReport | undefined {
  const view: ModemView | undefined = status.modem;
  if (!view) return undefined;
  const { stage: _stage, bearer, appTokenState: _token, counters: _counters, ...rest } = view;
  return {
    ...rest,
    source: 'agent',
    port: view.portName ?? view.port,
    contexts: [{ ...bearer }],
    troubles: status.lamps
      .filter(({ name, state, reason }) => LAMPS.has(name) && state !== 'lit' && reason !== undefined)
      .map(({ reason, message, hint }) => ({
        code: reason ?? '',
        message: cut(message ?? ''),
        ...(hint === undefined ? {} : { hint }),
      })),
  };
}
