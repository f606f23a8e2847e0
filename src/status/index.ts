export { safeJson } from './answer.js';
export * from './client.js';
export * from './describe.js';
export { describeCredentials } from './describe-credentials.js';
export { placeWords, useWords } from './describe-location.js';
export { duration } from './durations.js';
export * from './history.js';
export * from './history-shape.js';
export { hanging } from './lines.js';
export * from './log-shape.js';
export * from './log-tail.js';
export { createPage } from './page/source.js';
export type { PageSource } from './page-source.js';

export * from './person-actions.js';
export * from './server.js';
export * from './snapshot.js';
export * from './views.js';
export * from './views-clouds.js';
