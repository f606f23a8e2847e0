// What the MQTT source of corrections is given, and what it says of itself.
import type { Clock, Logger } from '../../core/index.js';
import type { Session } from '../../mqtt/index.js';
import type { KeysIdentity } from '../../vault/index.js';
import type { SilenceLimits } from '../flow.js';
import type {
  AssistanceSink,
  CorrectionSink,
  CorrectionSnapshot,
  CorrectionSource,
  PositionSource,
} from '../source.js';
import type { KeyPair } from './key-intake.js';
import type { RegionTable } from './regions.js';
import type { EndOfService } from './service-end.js';
import type { TileLevel } from './tiles.js';
import type { Region } from './topics.js';

export interface MqttCorrectionsDeps {
  openSession: (signal: AbortSignal) => Promise<Session>;
  sink: CorrectionSink;
  /** Needed for region `auto` and for localized corrections. */
  position?: PositionSource | undefined;
  /** Takes `/pp/ubx/mga` where the account has it; without it that is not subscribed to. */
  assistance?: AssistanceSink | undefined;
  clock: Clock;
  log: Logger;
  /** New keys have come; to be kept with the identity. */
  onKeys: (keys: KeyPair) => void;
}

export interface MqttCorrectionsOptions {
  identity: KeysIdentity;
  region: Region | 'auto';
  /** Borders for `auto` (default wide). */
  regionTable?: RegionTable | undefined;
  /** Corrections for the surroundings only, by level of tiles (default off). */
  localized?: 'off' | TileLevel | undefined;
  silence: SilenceLimits;
  /** GPS minus UTC (default 18). */
  leapSeconds?: number;
  /** When silence means that the service is no more (default: PointPerfect's own brokers after 2026-09-30). */
  endOfService?: EndOfService | undefined;
  /** How long a position is waited for before that is an error (default 60 s). */
  positionWaitMs?: number | undefined;
}

export interface MqttCorrectionSnapshot extends CorrectionSnapshot {
  source: 'mqtt';
  keyMessages: number;
  malformedKeyMessages: number;
  assistanceMessages: number;
  /** Of a topic we do not know; not passed on. */
  unknownMessages: number;
}

export interface MqttCorrectionSource extends CorrectionSource {
  snapshot(): MqttCorrectionSnapshot;
}
