// What tests use of the shared page; the program runs it from a bundle of its own (main.ts).
export { localAddress } from './address.js';
export { makeCertificate } from './certificate.js';
export { COOKIE, type GateRules, passage, type Visit } from './gate.js';
export { createTries } from './keys.js';
export { qrLines, qrMatrix } from './qr.js';
export { openShare } from './server.js';
export { createVisitors } from './visitors.js';
