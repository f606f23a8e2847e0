// The month's data: what the rest of the agent needs of it.
export { createDataKeeper, type DataKeeper, dataMonthCodec } from './keeper.js';
export type { DataMonth } from './month.js';
export { slowed, type Thrift } from './thrift.js';
