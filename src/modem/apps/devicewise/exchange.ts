// Requests to the cloud through the module's own client, and methods from it (specs/devicewise.md 1.7, 1.8).
import type { Exchange, ExchangeDeps, ExchangeOptions } from './types.js';

/** The exchange over a channel whose module is connected. Listens for rings from now on; `drain` comes next. */
export function createExchange(_deps: ExchangeDeps, _options: ExchangeOptions = {}): Exchange {
  throw new Error('not there yet');
}
