// The face of the simulated receiver.
export * from './configuration.js';
export * from './fix-machine.js';
export * from './keyring.js';
export * from './messages.js';
export * from './random.js';
export * from './receiver.js';
export * from './run.js';
export * from './scan.js';
export * from './ubx.js';
