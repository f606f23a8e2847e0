export * from './client.js';
export * from './describe.js';
export { describeCredentials } from './describe-credentials.js';
export { placeWords, useWords } from './describe-location.js';
export { duration } from './durations.js';
export { hanging } from './lines.js';
export * from './server.js';
export * from './snapshot.js';
export * from './views.js';
