// The location services, one file or folder a cloud.
export * from './assistnow/index.js';
export * from './celllocate.js';
export * from './pointperfect/index.js';
export * from './source.js';
