// What one run of the machine works with.
import type { Clock, Logger, WaymarkError } from '../core/index.js';
import type { Identity } from '../vault/index.js';
import type { CallDeps, ZtpService } from './call.js';
import type { Patience } from './flight.js';
import type { IdentityStore, Prove } from './ports.js';
import type { ProvisionState } from './provision.js';

export interface RunContext extends CallDeps {
  identitySlot: IdentityStore;
  prove: Prove;
  log: Logger;
  clock: Clock;
  random: () => number;
  service: ZtpService;
  patience(): Patience;
  /** What status shows; the driver tells it as it goes. */
  show(change: {
    state?: ProvisionState;
    reason?: WaymarkError;
    nextAttemptMonoMs?: number | undefined;
    promoted?: Identity;
  }): void;
}
