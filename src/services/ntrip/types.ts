// What the NTRIP source of corrections is given, and what it says of itself.
import type { BackoffPolicy, Clock, Logger, Secret } from '../../core/index.js';
import type { SilenceLimits } from '../flow.js';
import type {
  AssistanceSink,
  CorrectionSink,
  CorrectionSnapshot,
  CorrectionSource,
  PositionSource,
} from '../source.js';
import type { OpenNtrip } from './connection.js';
import type { StreamKind } from './intake.js';
import type { NtripVersion } from './request.js';
import type { NtripCounters } from './session.js';
import type { SlotMemory } from './slot.js';

export interface NtripCorrectionsDeps {
  open: OpenNtrip;
  sink: CorrectionSink;
  position: PositionSource;
  /** Takes what an -MGA mountpoint sends; without it such a mountpoint is never chosen. */
  assistance?: AssistanceSink | undefined;
  clock: Clock;
  log: Logger;
  /** Shared with `proveNtrip`; without one the source remembers for itself. */
  slots?: SlotMemory | undefined;
}

export interface NtripCorrectionsOptions {
  host: string;
  port: number;
  tls: boolean;
  mountPoint: string;
  userName?: string | undefined;
  password?: Secret | undefined;
  /** Caster and account stand in the configuration: hints name its settings. */
  isConfigured?: boolean | undefined;
  protocol: 'auto' | NtripVersion;
  /** How often our position is sent; 0: never, and then none is needed to connect. */
  ggaSeconds: number;
  /** Fetch assistance data from the -MGA form when there is nothing fresh. */
  mga: boolean;
  silence: SilenceLimits;
  /** What the stream carries; otherwise the mountpoint's name tells, and where it does not, the first frame. */
  format?: StreamKind | undefined;
  /** Of this program, for the User-Agent. */
  agentVersion: string;
  /** How long a position is waited for before that is an error (default 60 s). */
  positionWaitMs?: number | undefined;
}

export interface NtripCorrectionSnapshot extends CorrectionSnapshot, NtripCounters {
  source: 'ntrip';
  /** Mountpoint in use, also in `topics`. */
  mountPoint: string;
  /** As the caster answered; absent before the first answer. */
  protocol?: NtripVersion;
  kind?: StreamKind;
}

export interface NtripCorrectionSource extends CorrectionSource {
  /**
   * How long to wait after the run that has just ended: the caster's own pace when it was reached, that of the network
   * when it was not. (`REFUSED_BACKOFF` is for refusals.)
   */
  backoff(): BackoffPolicy;
  snapshot(): NtripCorrectionSnapshot;
}
