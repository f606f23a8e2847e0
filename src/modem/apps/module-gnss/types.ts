// What the rest of the house sees of the module's own receiver.
import type { Fix } from '../../../core/index.js';

export interface ModuleGnss {
  /** This family has a receiver that is known here, and that works beside its radio. */
  readonly isSupported: boolean;
  /**
   * One position now; undefined while it has none (after it was switched on that takes up to a minute). Switches the
   * receiver on. Errors: `modem.unsupported` (the family or this variant has none), those of `AtChannel.run`,
   * `link.closed`.
   */
  read(options: { signal: AbortSignal }): Promise<Fix | undefined>;
  /** Switches it off, when it was switched on here on this connection. Errors: those of `AtChannel.run`. */
  stop(options: { signal: AbortSignal }): Promise<void>;
}
