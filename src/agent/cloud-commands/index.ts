// Commands from the clouds: what the rest of the agent needs of them.
export { type CommandSettings, decide } from './decide.js';
export * from './effects.js';
export { type LedgerState, ledgerCodec } from './ledger-model.js';
export { loadReportInterval, type ReportInterval, reportIntervalCodec } from './report-interval.js';
export * from './runner.js';
export { RECOVER_RUNGS, type RecoverRung } from './table.js';
