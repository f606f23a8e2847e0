// A module's report in plain words. Names of operators and modules come from outside: nothing a terminal would obey.
import { oneLine } from '../core/index.js';
import { cureLines } from '../status/index.js';
import { joined, labelled } from './labelled.js';
import type { ModemReport } from './modem-tools.js';

const SIM_WORDS: Readonly<Record<string, string>> = {
  ready: 'ready',
  pin: 'asks for its PIN',
  puk: 'blocked, asks for its PUK',
  absent: 'none',
  failure: 'does not answer',
  other: 'the module is locked to another SIM or operator',
  unknown: 'not known yet',
};

const STATE_WORDS: Readonly<Record<string, string>> = {
  home: 'registered at home',
  roaming: 'registered, roaming',
  searching: 'searching',
  denied: 'refused by the network',
  idle: 'not registered and not searching',
  unknown: 'not known yet',
};

function simWords({ sim, simTries, iccid, imsi }: ModemReport): string {
  return joined([
    SIM_WORDS[sim] ?? sim,
    iccid && `ICCID ${iccid}`,
    imsi && `IMSI ${imsi}`,
    simTries?.pin !== undefined && `tries left: PIN ${simTries.pin}`,
    simTries?.puk !== undefined && `${simTries.pin === undefined ? 'tries left: ' : ''}PUK ${simTries.puk}`,
  ]);
}

function networkWords({ registration: r, operator, radio }: ModemReport): string {
  if (radio === 'off') return 'the radio is off (airplane mode)';
  return joined([
    STATE_WORDS[r.state] ?? r.state,
    operator,
    r.technology,
    r.rejectCause !== undefined && `cause ${r.rejectCause}${r.causeWords === undefined ? '' : `: ${r.causeWords}`}`,
  ]);
}

function signalWords({ signal }: ModemReport): string {
  if (!signal) return '';
  const { rssiDbm, rsrpDbm, rsrqDb, sinrDb, quality } = signal;
  return joined([
    quality === 'none' ? 'none' : quality,
    rssiDbm !== undefined && `RSSI ${rssiDbm} dBm`,
    rsrpDbm !== undefined && `RSRP ${rsrpDbm} dBm`,
    rsrqDb !== undefined && `RSRQ ${rsrqDb} dB`,
    sinrDb !== undefined && `SINR ${sinrDb} dB`,
  ]);
}

function cellWords({ registration, cell }: ModemReport): string {
  const areaCode = cell?.areaCode ?? registration.areaCode;
  const cellId = cell?.cellId ?? registration.cellId;
  const plmn = cell?.plmn ?? registration.plmn;
  return joined([
    plmn && `network ${plmn}`,
    areaCode && `area ${areaCode}`,
    cellId && `cell ${cellId}`,
    cell?.band && `band ${cell.band}`,
  ]);
}

function contextWords(contexts: ModemReport['contexts']): string[] {
  return contexts.map(({ contextId, type, apn, active, address }) =>
    joined([
      `${contextId} ${active ? 'up' : 'down'}`,
      address,
      type,
      apn === undefined ? undefined : apn === '' ? 'the network’s choice of access point' : `access point ${apn}`,
    ]),
  );
}

function clockWords({ clock }: ModemReport): string {
  if (clock === undefined) return '';
  if (clock === 'unset') return 'never set: the network has not told the time yet';
  const time = clock.utc.replace('T', ' ').replace(/\.\d+Z$/, '');
  return clock.zoneKnown ? `${time} UTC (${clock.source})` : `${time} local, zone not known (${clock.source})`;
}

const PATH_WORDS: Readonly<Record<string, string>> = {
  host: 'the host’s own (PPP, QMI, MBIM or a network card), only observed',
  ecm: 'the module is a USB network card',
};

/** Several lines ending in a newline. */
export function describeModem(report: ModemReport): string {
  const { manufacturer, model, revision, profile, dataPath, temperatureC } = report;
  const [firstContext, ...contexts] = contextWords(report.contexts);
  const lines = [
    oneLine(joined([[manufacturer, model].filter(Boolean).join(' ') || 'No module has said what it is'])),
    ...labelled('firmware', revision),
    ...labelled('profile', joined([profile, report.profileNote])),
    ...labelled('port', report.port),
    ...(report.sharedWith ?? []).flatMap(({ name, pid }) => labelled('', `also open in ${name} (pid ${pid})`)),
    ...labelled('IMEI', report.imei),
    ...labelled('SIM', simWords(report)),
    ...labelled('network', networkWords(report)),
    ...labelled('signal', signalWords(report)),
    ...labelled('cell', cellWords(report)),
    ...labelled('contexts', firstContext),
    ...contexts.flatMap((context) => labelled('', context)),
    ...labelled('clock', clockWords(report)),
    ...labelled('temperature', temperatureC === undefined ? undefined : `${temperatureC} °C`),
    ...labelled('data path', dataPath && joined([PATH_WORDS[dataPath.kind] ?? dataPath.kind, stateWords(dataPath)])),
    ...labelled('told by', report.source === 'agent' ? 'the running agent' : 'the module, just now'),
  ];
  for (const { code, message, hint } of report.troubles)
    lines.push('', oneLine(message), ...cureLines('  ', hint, code));
  return `${lines.join('\n')}\n`;
}

const stateWords = ({ state }: { state: string }): string => (state === 'observed' ? '' : state);
