export { type Agent, type AgentDeps, createAgent } from './compose.js';
export { inspectCredentials } from './inspect.js';
export { buildTimeMs, version } from './version.js';
