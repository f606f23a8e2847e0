// Roads over the host network, TLS and HTTPS on top of any road, and the byte meter.
export * from './host.js';
export * from './https.js';
export * from './meter.js';
export * from './tls.js';
