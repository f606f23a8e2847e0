// The receiver in plain words, as the running agent sees it. What a receiver says of itself comes from outside: nothing
// a terminal would obey.
import { oneLine } from '../core/index.js';
import {
  duration,
  hanging,
  placeWords,
  type ReceiverView,
  type SatelliteView,
  type StatusSnapshot,
  useWords,
} from '../status/index.js';
import { joined, labelled } from './labelled.js';

/** A fix older than this is told with its age. */
const OLD_FIX_MS = 2000;

const QUALITY_WORDS: Readonly<Record<string, string>> = {
  none: 'no position yet',
  '2d': '2D',
  '3d': '3D, without corrections',
  rtk_float: 'RTK float',
  rtk_fixed: 'RTK fixed',
};

const DELIVERY_WORDS: Readonly<Record<string, string>> = {
  direct: 'as fast as it comes',
  paced: 'slowly, because the receiver loses bytes that come fast',
};

const CONFIGURED_WORDS: Readonly<Record<string, string>> = {
  accepted: 'taken',
  refused: 'refused',
  silent: 'not answered',
};

const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  gps: 'GPS',
  sbas: 'SBAS',
  galileo: 'Galileo',
  beidou: 'BeiDou',
  qzss: 'QZSS',
  glonass: 'GLONASS',
  navic: 'NavIC',
  other: 'other',
};

/** True while the receiver knows where it is. */
export const hasFix = ({ lamps }: StatusSnapshot): boolean =>
  lamps.some(({ name, state }) => name === 'fix' && state === 'lit');

function titleWords({ model, firmware, protocolVersion, uniqueId }: ReceiverView): string {
  return joined([
    model ?? 'No receiver has said what it is',
    firmware && `firmware ${firmware}`,
    protocolVersion && `protocol ${protocolVersion}`,
    uniqueId && `id ${uniqueId}`,
  ]);
}

/** What was not taken has a line each: they are sentences. */
function settingLines({ configuration }: ReceiverView): string[] {
  if (!configuration) return [];
  const { mandatory, refused } = configuration;
  const words = CONFIGURED_WORDS[mandatory] ?? mandatory;
  return [
    ...labelled('settings', refused.length > 0 ? `${words}, with exceptions:` : words),
    ...refused.flatMap((sentence) => labelled('', `- ${sentence}`)),
  ];
}

function fixWords(status: StatusSnapshot): string {
  const { fix, receiver } = status;
  const lamp = status.lamps.find(({ name }) => name === 'fix');
  if (receiver?.running !== true || !hasFix(status)) return lamp?.message ?? lamp?.detail ?? 'no position yet';
  return joined([
    QUALITY_WORDS[fix.quality] ?? fix.quality,
    fix.satellites !== undefined && `${fix.satellites} satellites`,
    fix.correctionAgeS !== undefined && `corrections ${fix.correctionAgeS} s old`,
  ]);
}

function positionWords({ fix }: StatusSnapshot): string | undefined {
  const { latitudeDeg, longitudeDeg, altitudeMslM, horizontalAccuracyM, ageMs = 0 } = fix;
  if (latitudeDeg === undefined || longitudeDeg === undefined) return undefined;
  const accuracy = horizontalAccuracyM === undefined ? '' : ` ± ${horizontalAccuracyM.toFixed(3)} m`;
  return joined([
    `${latitudeDeg.toFixed(7)}, ${longitudeDeg.toFixed(7)}${accuracy}`,
    altitudeMslM !== undefined && `${altitudeMslM.toFixed(1)} m above the sea`,
    ageMs > OLD_FIX_MS && `${duration(ageMs)} ago`,
  ]);
}

/** Columns: system and number, level, direction, and whether it counts. */
function satelliteLines(satellites: readonly SatelliteView[]): string[] {
  const rows = satellites.map(({ gnss, sv, cn0DbHz, elevationDeg, azimuthDeg, isUsed }) => [
    SYSTEM_WORDS[gnss] ?? gnss,
    `${sv}`,
    `${cn0DbHz}`,
    elevationDeg === undefined ? '' : `${elevationDeg}`,
    azimuthDeg === undefined ? '' : `${azimuthDeg}`,
    isUsed ? 'used' : '',
  ]);
  const all = [['SYSTEM', 'NO', 'dB-Hz', 'ELEVATION', 'AZIMUTH', ''], ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  // Numbers stand under one another by their last digit.
  const cell = (text: string, column: number): string =>
    column === 0 || column === 5 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  return all.map((row) => `    ${row.map((text, column) => oneLine(cell(text, column))).join('  ')}`.trimEnd());
}

/** Several lines ending in a newline. */
export function describeReceiver(status: StatusSnapshot): string {
  const { receiver, corrections, position, assistance, cellLocate } = status;
  if (!receiver) return 'No receiver is configured: add a gnss section to the configuration.\n';
  const { satellites = [] } = receiver;
  const used = satellites.filter(({ isUsed }) => isUsed).length;
  const hint = hasFix(status) ? undefined : status.lamps.find(({ name }) => name === 'fix')?.hint;
  const lines = [
    oneLine(titleWords(receiver)),
    ...labelled('port', joined([receiver.port, receiver.baudRate !== undefined && `${receiver.baudRate} baud`])),
    ...labelled(
      'heard',
      joined([
        `${receiver.framesIn} messages`,
        `${receiver.badFrames} damaged`,
        receiver.restarts > 0 &&
          `restarted behind its open port ${receiver.restarts === 1 ? 'once' : `${receiver.restarts} times`}`,
      ]),
    ),
    ...settingLines(receiver),
    ...labelled('written to', DELIVERY_WORDS[receiver.delivery] ?? receiver.delivery),
    ...labelled('fix', fixWords(status)),
    ...(hint === undefined ? [] : hanging('      → ', hint)),
    ...labelled('position', positionWords(status)),
    ...(corrections.source === 'none' ? [] : labelled('corrections', useWords(corrections.use))),
    ...labelled('assistance', assistance?.sentence),
    ...(position && position.from !== 'receiver' ? labelled('roughly', placeWords(position)) : []),
    ...labelled('cells', cellLocate?.sentence),
    ...labelled('satellites', satellites.length === 0 ? undefined : `${satellites.length} in view, ${used} used`),
    ...(satellites.length === 0 ? [] : satelliteLines(satellites)),
  ];
  return `${lines.join('\n')}\n`;
}
