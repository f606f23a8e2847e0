// On a metered connection the lanes that connect to somebody wait longer between two tries; which ones, and how it is done
// without any of them knowing.
import { slowed, type Thrift } from './data-use/index.js';
import type { Lane } from './lane.js';

/** Those whose tries cost data. */
const CONNECTING: ReadonlySet<string> = new Set([
  'session',
  'assistance',
  'thingspace',
  'losant',
  'devicewise',
  'fleet',
]);

/** The same lanes; the policy is asked at each failure, so the profile may change while they run. */
export function slowerWhenMetered(lanes: readonly Lane[], thrift: () => Thrift): readonly Lane[] {
  return lanes.map((lane) =>
    CONNECTING.has(lane.name) ? { ...lane, policy: (error) => slowed(lane.policy(error), thrift()) } : lane,
  );
}
