// The receivers the simulator can be: what each says of itself (UBX-MON-VER) and what it can and cannot do
// (specs/ublox.md 3.2, 3.3). Firmware names of other receivers than the ZED-F9P are from memory: nothing hangs on them
// but their MOD and PROTVER.

export const RECEIVER_PROFILES = ['zed-f9p', 'zed-f9p-1.12', 'neo-m8', 'neo-m10', 'nmea'] as const;
export type ReceiverProfileName = (typeof RECEIVER_PROFILES)[number];

export interface ReceiverProfile {
  software: string;
  hardware: string;
  /** Lines behind the two versions, `NAME=value` or a list. */
  extensions: readonly string[];
  /** False: NMEA only, in and out. */
  hasUbx: boolean;
  /** CFG-VALSET and CFG-VALGET; receivers before protocol version 27 refuse both. */
  hasKeys: boolean;
  hasSpartn: boolean;
  /** UBX-RXM-COR. */
  hasCorrectionReports: boolean;
  /** Carrier phase solutions. */
  hasRtk: boolean;
  /** A chip without USB does not know the keys of that connector. */
  hasUsb: boolean;
  uniqueIdVersion: 1 | 2;
  /** Factory speed of UART1. */
  baudRate: number;
}

const F9P: ReceiverProfile = {
  software: 'EXT CORE 1.00 (a59682)',
  hardware: '00190000',
  extensions: ['ROM BASE 0x118B2060', 'FWVER=HPG 1.32', 'PROTVER=27.31', 'MOD=ZED-F9P', 'GPS;GLO;GAL;BDS', 'SBAS;QZSS'],
  hasUbx: true,
  hasKeys: true,
  hasSpartn: true,
  hasCorrectionReports: true,
  hasRtk: true,
  hasUsb: true,
  uniqueIdVersion: 1,
  baudRate: 38_400,
};

const PROFILES: Readonly<Record<ReceiverProfileName, ReceiverProfile>> = {
  'zed-f9p': F9P,
  'zed-f9p-1.12': {
    ...F9P,
    software: 'EXT CORE 1.00 (61b2dd)',
    extensions: [
      'ROM BASE 0x118B2060',
      'FWVER=HPG 1.12',
      'PROTVER=27.11',
      'MOD=ZED-F9P',
      'GPS;GLO;GAL;BDS',
      'SBAS;QZSS',
    ],
    hasSpartn: false,
    hasCorrectionReports: false,
  },
  'neo-m8': {
    ...F9P,
    software: 'EXT CORE 3.01 (107888)',
    hardware: '00080000',
    extensions: ['ROM BASE 2.01 (75331)', 'FWVER=SPG 3.01', 'PROTVER=18.00', 'MOD=NEO-M8N-0', 'GPS;GLO;GAL;BDS'],
    hasKeys: false,
    hasSpartn: false,
    hasCorrectionReports: false,
    hasRtk: false,
    baudRate: 9600,
  },
  'neo-m10': {
    ...F9P,
    software: 'ROM SPG 5.10 (7b202e)',
    hardware: '000A0000',
    extensions: ['FWVER=SPG 5.10', 'PROTVER=34.10', 'MOD=NEO-M10S', 'GPS;GLO;GAL;BDS', 'SBAS;QZSS'],
    hasSpartn: false,
    hasCorrectionReports: false,
    hasRtk: false,
    hasUsb: false,
    uniqueIdVersion: 2,
  },
  // Any other maker's RTK receiver: takes RTCM, speaks sentences.
  nmea: { ...F9P, extensions: [], hasUbx: false, hasKeys: false, hasSpartn: false, hasCorrectionReports: false },
};

export function receiverProfile(name: ReceiverProfileName): ReceiverProfile {
  return PROFILES[name];
}
