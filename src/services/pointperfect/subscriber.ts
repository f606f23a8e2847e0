// Keeps one session's subscriptions what the plan of topics wants, one change after the other.
import { type Clock, type Logger, WaymarkError } from '../../core/index.js';
import type { Session } from '../../mqtt/index.js';
import type { TopicPlan, WantedTopics } from './topic-plan.js';

export interface Subscriber {
  /** Asks for what is wanted; `again` also for what is granted already. Errors: those of `want`, `mqtt.not-granted`. */
  settle(again: boolean): Promise<void>;
  /** Does the plan want something else by now? */
  isChanged(): boolean;
  readonly wanted: WantedTopics;
  /** The busiest topic of corrections, and the others: looked at per message. */
  readonly mainTopic: string;
  readonly otherTopics: ReadonlySet<string>;
  /** Since when the broker owes an answer about localized topics. */
  readonly localizedAskMonoMs: number | undefined;
}

export function createSubscriber(deps: { open: Session; plan: TopicPlan; clock: Clock; log: Logger }): Subscriber {
  const { open, plan, clock, log } = deps;
  let had: readonly string[] = [];
  let wanted = plan.wanted();
  let mainTopic = '';
  let otherTopics: ReadonlySet<string> = new Set();
  let localizedAskMonoMs: number | undefined;
  let last: Promise<void> = Promise.resolve();

  const listenTo = (corrections: readonly string[]): void => {
    [mainTopic = ''] = corrections;
    otherTopics = new Set(corrections.slice(1));
  };

  const settleNow = async (again: boolean): Promise<void> => {
    const before = wanted;
    wanted = plan.wanted();
    const { all, corrections } = wanted;
    if (plan.isLocalized && all.some((topic) => !had.includes(topic))) localizedAskMonoMs = clock.mono();
    const dropped = before.corrections.filter((topic) => had.includes(topic) && !corrections.includes(topic));
    listenTo([...corrections, ...dropped]);
    // The new topic is had before the old one is given up: no gap in the corrections.
    if (dropped.length > 0) await open.want([...new Set([...had, ...all])]);
    const { granted, refused } = await open.want(all, { again });
    had = granted;
    localizedAskMonoMs = undefined;
    listenTo(corrections);
    if (refused.length > 0) log.warn('corrections.not-granted', { refused });
    if (plan.isLocalized && refused.some((topic) => topic === wanted.dict || topic === corrections[0])) {
      plan.localizedRefused();
      await settleNow(false);
    } else if (!corrections.some((topic) => granted.includes(topic)))
      throw new WaymarkError('mqtt.not-granted', `the broker does not grant ${corrections.join(', ')}`);
  };

  return {
    settle(again) {
      const result = last.then(() => settleNow(again));
      last = result.catch(() => undefined);
      return result;
    },
    isChanged: () => plan.wanted().all.join(' ') !== wanted.all.join(' '),
    get wanted() {
      return wanted;
    },
    get mainTopic() {
      return mainTopic;
    },
    get otherTopics() {
      return otherTopics;
    },
    get localizedAskMonoMs() {
      return localizedAskMonoMs;
    },
  };
}
