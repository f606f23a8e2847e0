// One MQTT session per connection, and the reconciliation of subscriptions.
export * from './guard.js';
export type { SessionOptions } from './options.js';
export * from './session.js';
export * from './subscriptions.js';
