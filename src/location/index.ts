// Where the gateway is, whoever says so.
export * from './choose.js';
export * from './position.js';
