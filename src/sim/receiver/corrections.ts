// What the simulated receiver does with correction frames (specs/ublox.md 3.1, 3.5, 7.6 rows 50 to 52): each is ignored
// until its protocol is switched on, and then used, found useless, unreadable or damaged, and reported by RXM-COR.
import type { Clock } from '../../core/index.js';
import { SPARTN_TYPE, type SpartnFrame, type SpartnGroup } from '../spartn.js';
import { gpsSeconds } from '../spartn-time.js';
import type { Configuration } from './configuration.js';
import { CFG, type KeyFamily } from './configuration-keys.js';
import type { ReceiverCounters } from './counters.js';
import type { CorrectionGroup } from './fix-machine.js';
import type { Keyring } from './keyring.js';
import type { ReceiverKnobs } from './knobs.js';
import { type CorrectionFate, type CorrectionReport, rxmCor } from './messages.js';
import type { ReceiverProfile } from './profiles.js';
import { type RtcmFrame, rtcmGroup } from './rtcm.js';
import type { DamagedFrame } from './scan.js';

export interface CorrectionDeps {
  clock: Clock;
  configuration: Configuration;
  keyring: Keyring;
  counters: ReceiverCounters;
  knobs: () => ReceiverKnobs;
  profile: () => ReceiverProfile;
  say: (message: Uint8Array) => void;
  onUsed: (group: CorrectionGroup) => void;
}

export interface CorrectionDesk {
  spartn(frame: SpartnFrame): void;
  rtcm(frame: RtcmFrame): void;
  damaged(frame: DamagedFrame): void;
}

const FROM_THE_LINE = 0;
const COUNTED = {
  used: 'used',
  unused: 'unused',
  'not-decrypted': 'notDecrypted',
  'crc-error': 'crcErrors',
} as const satisfies Readonly<Record<CorrectionFate, keyof ReceiverCounters>>;
const SPARTN_NAMES = Object.keys(SPARTN_TYPE) as SpartnGroup[];

export function createCorrectionDesk(deps: CorrectionDeps): CorrectionDesk {
  const { clock, configuration, keyring, counters, knobs, profile, say, onUsed } = deps;
  const isOn = (family: KeyFamily): boolean => configuration.isOn(family, knobs().connector);
  const hears = (protocol: 'spartn' | 'rtcm3'): boolean =>
    protocol === 'spartn' ? profile().hasSpartn && isOn('inSpartn') : isOn('inRtcm3');

  const settle = (report: CorrectionReport, group: CorrectionGroup | undefined): void => {
    counters[COUNTED[report.fate]]++;
    if (profile().hasCorrectionReports && isOn('rxmCor')) say(rxmCor(report));
    if (report.fate === 'used' && group) onUsed(group);
  };
  const isOfUse = (group: CorrectionGroup | undefined): boolean =>
    group !== undefined && knobs().inCoverage && profile().hasRtk;

  return {
    spartn(frame) {
      if (!hears('spartn')) return;
      const { type, subtype, encrypted } = frame;
      const group = SPARTN_NAMES.find((name) => SPARTN_TYPE[name] === type);
      const isOpen = !encrypted || keyring.opens(frame, gpsSeconds(clock.wall()));
      // Told to take them from the satellite link, it reads what comes over the line and does not use it.
      const isSource = configuration.get(CFG.spartnUseSource) === FROM_THE_LINE;
      const use = isSource && isOfUse(group) ? 'used' : 'unused';
      settle({ protocol: 'spartn', fate: isOpen ? use : 'not-decrypted', type, subtype, encrypted }, group);
    },
    rtcm({ number, station }) {
      if (!hears('rtcm3')) return;
      const group = rtcmGroup(number);
      const fate = isOfUse(group) ? 'used' : 'unused';
      const report = { type: number, subtype: 0, encrypted: false, correctionId: station };
      settle({ protocol: 'rtcm3', fate, ...report }, group);
    },
    damaged({ protocol, type, subtype }) {
      if (!hears(protocol)) return;
      const encrypted = protocol === 'spartn';
      settle({ protocol, fate: 'crc-error', type, subtype, encrypted }, undefined);
    },
  };
}
