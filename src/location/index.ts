// Where the gateway is, whoever says so; what of it is reported; and who nearby may listen.
export * from './best.js';
export * from './best-location.js';
export { type Address, type BroadcastStatus, MAX_CLIENTS, type Output } from './broadcast.js';
export * from './choose.js';
export * from './json-output.js';
export * from './located.js';
export * from './position.js';
export * from './raw-output.js';
export * from './record.js';
export * from './sample.js';
export * from './sampler.js';
