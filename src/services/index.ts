// The location services, one file or folder a cloud.
export * from './assistnow/index.js';
export * from './celllocate.js';
export * from './devicewise/index.js';
export * from './fleet/index.js';
export * from './flow.js';
export * from './losant/index.js';
export * from './mga-splitter.js';
export * from './ntrip/index.js';
export * from './pointperfect/index.js';
export type { ServiceReason } from './reason.js';
export * from './source.js';
export * from './thingspace/index.js';
