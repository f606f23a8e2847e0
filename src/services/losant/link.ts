// The outbox's way to Losant: one state a message over MQTT, arrays of states over REST (specs/losant.md sections 3, 4, 9).
// Losant throws a device out for its 31st message within 15 s and bans it, so 24 are sent, also when hundreds wait.
import {
  type Clock,
  type CloudLink,
  type CloudRecord,
  isWaymarkError,
  type LinkLimits,
  type SendOptions,
  type Verdict,
  type WaymarkError,
} from '../../core/index.js';
import type { Session } from '../../mqtt/index.js';
import { BATCH, createPoster } from './batch.js';
import type { LosantRest } from './rest.js';
import type { SendWindow } from './send-window.js';
import type { StateAnswer } from './state.js';

const PACE = { count: 24, perMs: 15_000 };
const WINDOW = 20;
/** After REST has failed the session alone is used for so long. */
const WITHOUT_BATCH_MS = 300_000;

export interface LinkDeps {
  clock: Clock;
  rest: Pick<LosantRest, 'postState' | 'applicationId' | 'deviceId'>;
  window: SendWindow;
  stateOf(record: CloudRecord): StateAnswer;
  /** What REST said that is not the records' fault. */
  onTrouble?(error: WaymarkError): void;
}

export const stateTopic = (deviceId: string): string => `losant/${deviceId}/state`;
export const commandTopic = (deviceId: string): string => `losant/${deviceId}/command`;

/** Over a session; batches by REST while the application is known and REST works. */
export function createMqttLink(deps: LinkDeps & { session: Pick<Session, 'publish'> }): CloudLink {
  const { clock, rest, session, window } = deps;
  const topic = stateTopic(rest.deviceId);
  let batchFromMonoMs = 0;
  const post = createPoster({
    ...deps,
    onTrouble(error) {
      batchFromMonoMs = clock.mono() + WITHOUT_BATCH_MS;
      deps.onTrouble?.(error);
    },
  });
  const plain: LinkLimits = { window: WINDOW, pace: PACE };
  return {
    get limits() {
      if (rest.applicationId === undefined || clock.mono() < batchFromMonoMs) return plain;
      return { ...plain, batch: { fromBacklog: 200, ...BATCH } };
    },
    async publish(record, { signal }): Promise<Verdict> {
      const answer = deps.stateOf(record);
      if (answer.is === 'rejected') return { ...answer, isLocal: true };
      const isOver = (): boolean => signal.aborted;
      if (isOver()) return { is: 'timeout' };
      window.sent();
      try {
        // QoS 1: PUBACK is Losant's only word; whether it stores the state it never says.
        // Ends by itself within 30 s; whoever has aborted need not wait for it.
        await session.publish(topic, JSON.stringify(answer.json), { qos: 1 });
        return { is: 'accepted' };
      } catch (error) {
        if (isOver() || isWaymarkError(error, 'core.timeout')) return { is: 'timeout' };
        return { is: 'link-lost' };
      }
    },
    async publishMany(records: readonly CloudRecord[], options: SendOptions) {
      const verdicts = await post(records, options);
      // The session still works: what REST does not take now goes singly, soon.
      if (clock.mono() < batchFromMonoMs)
        return verdicts.map((verdict) => (verdict.is === 'busy' ? { is: 'busy', retryAfterMs: 1000 } : verdict));
      return verdicts;
    },
  };
}

/** Over REST alone: everything that waits goes in arrays. */
export function createRestLink(deps: Omit<LinkDeps, 'window'>): CloudLink & { isIdle(): boolean } {
  const post = createPoster(deps);
  let underWay = 0;
  let lastMonoMs = deps.clock.mono();
  const counted = async (records: readonly CloudRecord[], options: SendOptions): Promise<Verdict[]> => {
    underWay++;
    try {
      return await post(records, options);
    } finally {
      underWay--;
      lastMonoMs = deps.clock.mono();
    }
  };
  return {
    limits: { window: 1, pace: PACE, batch: { fromBacklog: 1, ...BATCH } },
    async publish(record, options) {
      const [verdict] = await counted([record], options);
      return verdict ?? { is: 'timeout' };
    },
    publishMany: counted,
    /** Nothing under way, and nothing begun within the time between two arrays. */
    isIdle: () => underWay === 0 && deps.clock.mono() - lastMonoMs > 2 * BATCH.everyMs,
  };
}
