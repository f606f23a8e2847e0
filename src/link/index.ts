// Bytes in and out: serial ports (hang-up safe), TCP, memory.
export * from './link.js';
export * from './memory.js';
export * from './open.js';
