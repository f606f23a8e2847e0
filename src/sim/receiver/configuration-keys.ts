// The configuration keys of the simulated receiver (specs/ublox.md 3.3): most come once for each connector, protocol keys
// two hundred thousand (hex) apart, message rates one apart. Value sizes are in the key itself.
import type { ReceiverProfile } from './profiles.js';

/** In the order of the key numbers. */
export const CONNECTORS = ['i2c', 'uart1', 'uart2', 'usb'] as const;
export type Connector = (typeof CONNECTORS)[number];
/** `any`: whatever one of the connectors is told holds for the one there is. */
export type ConnectorChoice = Connector | 'any';
export const CONNECTOR_CHOICES = ['any', ...CONNECTORS] as const satisfies readonly ConnectorChoice[];

/** Key for I2C and the step from one connector to the next. */
const FAMILIES = {
  inUbx: [0x10710001, 0x20000],
  inNmea: [0x10710002, 0x20000],
  inRtcm3: [0x10710004, 0x20000],
  inSpartn: [0x10710005, 0x20000],
  outUbx: [0x10720001, 0x20000],
  outNmea: [0x10720002, 0x20000],
  navPvt: [0x20910006, 1],
  navSat: [0x20910015, 1],
  navStatus: [0x2091001a, 1],
  rxmCor: [0x209106b6, 1],
  gga: [0x209100ba, 1],
} as const satisfies Readonly<Record<string, readonly [i2c: number, step: number]>>;
export type KeyFamily = keyof typeof FAMILIES;

const FAMILY_NAMES = Object.keys(FAMILIES) as KeyFamily[];

export function keyOf(family: KeyFamily, connector: Connector): number {
  const [i2c, step] = FAMILIES[family];
  return i2c + step * CONNECTORS.indexOf(connector);
}

/** The keys of a family that matter at `choice`. */
export function keysOf(family: KeyFamily, choice: ConnectorChoice): number[] {
  return (choice === 'any' ? CONNECTORS : [choice]).map((connector) => keyOf(family, connector));
}

/** Keys by the names of the interface description, for tests and faults. */
export const CFG = {
  uart1InSpartn: 0x10730005,
  usbInSpartn: 0x10770005,
  uart1InRtcm3: 0x10730004,
  usbInRtcm3: 0x10770004,
  uart1OutUbx: 0x10740001,
  usbOutUbx: 0x10780001,
  spartnUseSource: 0x20a70001,
  navPvtUart1: 0x20910007,
  navPvtUsb: 0x20910009,
  navSatUart1: 0x20910016,
  navSatUsb: 0x20910018,
  navStatusUart1: 0x2091001b,
  navStatusUsb: 0x2091001d,
  rxmCorUart1: 0x209106b7,
  rxmCorUsb: 0x209106b9,
  ggaUart1: 0x209100bb,
  ggaUsb: 0x209100bd,
  nmeaHighPrecision: 0x10930006,
  ackAiding: 0x10110025,
  dgnssMode: 0x20140011,
  uart1BaudRate: 0x40520001,
} as const;

const familyKeys = (families: readonly KeyFamily[], connectors: readonly Connector[] = CONNECTORS): number[] =>
  families.flatMap((family) => connectors.map((connector) => keyOf(family, connector)));

/** Every key the receiver knows; none for one that is configured otherwise. */
export function knownKeys(profile: ReceiverProfile): Set<number> {
  if (!profile.hasKeys) return new Set();
  const missing: readonly [boolean, readonly number[]][] = [
    [profile.hasUsb, familyKeys(FAMILY_NAMES, ['usb'])],
    [profile.hasSpartn, [...familyKeys(['inSpartn']), CFG.spartnUseSource]],
    [profile.hasCorrectionReports, familyKeys(['rxmCor'])],
    [profile.hasRtk, [CFG.dgnssMode]],
  ];
  const known = new Set([...Object.values(CFG), ...familyKeys(FAMILY_NAMES)]);
  for (const [isThere, keys] of missing) if (!isThere) for (const key of keys) known.delete(key);
  return known;
}

/** What some receivers have and others do not; corrections in, UBX out and NAV-PVT are not among them. */
export const OPTIONAL_KEYS: ReadonlySet<number> = new Set([
  ...familyKeys(['rxmCor', 'navSat', 'navStatus']),
  CFG.spartnUseSource,
  CFG.nmeaHighPrecision,
  CFG.ackAiding,
  CFG.dgnssMode,
]);

/** Values out of the factory; a key not named is 0. */
export function factoryValues(facts: {
  ubxOutput: boolean;
  rtcmInput: boolean;
  baudRate: number;
}): Map<number, number> {
  const rtkFixed = 3;
  const on = (family: KeyFamily, isOn: boolean): [number, number][] =>
    familyKeys([family]).map((key) => [key, isOn ? 1 : 0]);
  return new Map([
    ...on('inUbx', true),
    ...on('inNmea', true),
    ...on('inRtcm3', facts.rtcmInput),
    ...on('outUbx', facts.ubxOutput),
    ...on('outNmea', true),
    ...on('gga', true),
    [CFG.dgnssMode, rtkFixed],
    [CFG.uart1BaudRate, facts.baudRate],
  ]);
}
