export * from './explain.js';
export type { ConfigReport } from './load.js';
export { inspectConfig, loadConfig, parseConfig } from './load.js';
export { CONFIG_VERSION } from './migrate.js';
export * from './pem.js';
export * from './problem.js';
export * from './schema.js';
export * from './secrets.js';
