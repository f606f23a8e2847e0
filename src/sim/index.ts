// The face of the simulators.
export * from './cadence.js';
export * from './capture.js';
export * from './clouds/index.js';
export * from './keys.js';
export * from './module/index.js';
export * from './plug.js';
export * from './pty.js';
export * from './receiver/index.js';
export * from './run-world.js';
export * from './spartn.js';
export * from './spartn-time.js';
export * from './world.js';
