// The module: AT dialogue, bring-up, registration, bearer, and the deviceWISE settings inside it.
export * from './apps/devicewise/config.js';
export * from './at.js';
export * from './channel.js';
export * from './modem.js';
export * from './options.js';
export type { AppTokenState, ModemCounters, ModemSnapshot, ModemStage } from './snapshot.js';
