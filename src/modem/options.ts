// What a modem is told and what it offers.
import type { Clock, Logger, Rung, Secret, WaymarkError } from '../core/index.js';
import type { LinkOpener } from '../link/index.js';
import type { CellLocate } from './apps/celllocate/types.js';
import type { DeviceWiseOptions } from './apps/devicewise/config.js';
import type { TrafficDelta } from './apps/devicewise/traffic.js';
import type { DeviceWiseClient } from './apps/devicewise/types.js';
import type { ModuleGnss } from './apps/module-gnss/types.js';
import type { BearerOptions } from './bearer.js';
import type { PinLedger } from './pin.js';
import type { Vendor } from './profile.js';
import type { ModemSnapshot } from './snapshot.js';

export interface ModemOptions {
  /** Path or `tcp://host:port`. */
  port: string;
  baudRate: number;
  profile: 'auto' | Vendor;
  /** Pause between a final result and the next command. */
  commandGapMs: number;
  /** PIN of the card, when the configuration names one. */
  pin?: Secret | undefined;
  /** `refused`: a foreign network is not used (`network.roaming`). Default `allowed`. */
  roaming?: 'allowed' | 'refused';
  /** `ecm`: the module is made a USB network card, where its family can. Default `host`. */
  dataPath?: 'host' | 'ecm';
  bearer: BearerOptions;
  deviceWise?: DeviceWiseOptions;
  /** Registration, signal and bearer are read this often. */
  pollSeconds: number;
}

export interface ModemDeps {
  open: LinkOpener;
  clock: Clock;
  log: Logger;
  /** Told each time the app token was compared: in place already, written and read back, or why not. */
  onAppToken?: (outcome: 'verified' | 'written' | WaymarkError) => void;
  /** Told what the module's own deviceWISE client has sent and received since the last time. */
  onDeviceWiseTraffic?: (delta: TrafficDelta) => void;
  /** What is remembered of PIN attempts. Without it no PIN is ever sent. */
  pinLedger?: PinLedger;
  /** Every line in both directions, redacted. */
  transcript?: (direction: '>' | '<', line: string) => void;
}

export interface Modem extends AsyncDisposable {
  /**
   * Opens the port anew and brings everything up. Rejects with the error that names the dark lamp (`link.*`, `modem.*`,
   * `sim.*`, `network.*`) or the abort reason.
   */
  bringUp(options: { signal: AbortSignal }): Promise<void>;
  /**
   * Polls until port, module, SIM, registration or bearer is lost, and rejects with the reason. Another SIM, or one that
   * asks for its configured PIN again, ends as `modem.reset` does (evidence `card: changed`): bring up again at once.
   * `onPolled` is told after each round of questions, however they were answered.
   */
  watch(options: { signal: AbortSignal; onPolled?: () => void }): Promise<never>;
  /** One rung of a ladder; the caller then goes on watching or brings up again. Rungs of other rooms do nothing. */
  recover(rung: Rung, options: { signal: AbortSignal }): Promise<void>;
  /** One command line as typed. Errors: those of `AtChannel.run`; `link.closed` while no port is open. */
  run(
    command: string,
    options?: { deadlineMs?: number; signal?: AbortSignal },
  ): Promise<{ lines: string[]; final: string }>;
  /** The module's own CellLocate client (u-blox). */
  readonly cellLocate: CellLocate;
  /** The module's own deviceWISE client (Telit). */
  readonly deviceWise: DeviceWiseClient;
  /** The module's own receiver. */
  readonly moduleGnss: ModuleGnss;
  /** The number of the card, digits alone; undefined where the card does not know it. Errors: as `run`. */
  ownNumber(options: { signal?: AbortSignal }): Promise<string | undefined>;
  snapshot(): ModemSnapshot;
  onChange(callback: () => void): () => void;
}
