// Losant: states up over MQTT or REST, commands down.
export * from './state.js';
