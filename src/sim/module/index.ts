export * from './behaviour.js';
export type { Chunking } from './chunker.js';
export type { Outcome } from './command.js';
export * from './faults.js';
export * from './module.js';
export * from './options.js';
export type { AnswerSink, Spoken } from './output.js';
export * from './run.js';
export type { Coverage, Identity, ModuleState, Operator, Signal, SimCard, SimCardState } from './state.js';
