// The face of the simulators.
export * from './bus-watch.js';
export * from './cables.js';
export * from './cadence.js';
export * from './capture.js';
export * from './clouds/index.js';
export * from './commands.js';
export * from './keys.js';
export * from './machine.js';
export * from './module/index.js';
export * from './plug.js';
export * from './profile.js';
export * from './pty.js';
export * from './receiver/index.js';
export * from './run-world.js';
export * from './spartn.js';
export * from './spartn-time.js';
export type { PortRole, UsbDeviceName } from './usb-layout.js';
export * from './world.js';
