// PointPerfect: corrections and their keys.
export * from './keys.js';
export * from './mqtt.js';
export * from './prove.js';
export * from './topics.js';
