export * from './client.js';
export * from './describe.js';
export * from './server.js';
export * from './snapshot.js';
export * from './views.js';
