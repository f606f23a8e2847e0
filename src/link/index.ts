// Bytes in and out: serial ports (hang-up safe), TCP, memory.
export * from './cure.js';
export * from './discover.js';
export * from './holders.js';
export * from './link.js';
export * from './memory.js';
export * from './open.js';
export { cleanText } from './peek.js';
export * from './ports.js';
export { checkSerialDriver } from './serial.js';
export * from './sniff.js';
