// What the broker hands out: both keys, retained and renewed at each roll-over, corrections on every region's topics while
// anybody listens, assistance data, frequencies, and the localized distribution.
import type { Clock } from '../../core/index.js';
import type { CorrectionStream } from '../cadence.js';
import { encodeSpartnKeys, type SimKeys } from '../keys.js';
import type { SpartnGroup } from '../spartn.js';
import { createMgaFeed, type TopicFeed } from './assistnow-feed.js';
import type { SimBroker } from './broker.js';
import { createLocalizedFeed } from './localized.js';
import { CORRECTION_TOPICS, groupTopic, KEY_FRAME_TOPIC, KEY_JSON_TOPIC, REGIONS, regionTopic } from './topics.js';
import { shownKeys } from './ztp-answers.js';

export interface CloudFeed {
  /** Sends both keys again on both key topics, as the service does at a roll-over. */
  publishKeys(): void;
  stop(): void;
}

export interface CloudFeedDeps {
  broker: SimBroker;
  keys: SimKeys;
  stream: CorrectionStream;
  clock: Clock;
  seed: string;
}

/** Corrections by region. */
function createRegionFeed(broker: SimBroker, stream: CorrectionStream): TopicFeed {
  let stopStream: (() => void) | undefined;
  const hand = (group: SpartnGroup, payload: Uint8Array): void => {
    for (const region of REGIONS) {
      broker.publish(regionTopic(region), payload);
      broker.publish(groupTopic(region, group), payload);
    }
  };
  const stop = (): void => {
    stopStream?.();
    stopStream = undefined;
  };
  return {
    atOnce: () => undefined,
    wanted(topics) {
      if (!CORRECTION_TOPICS.some((topic) => topics.has(topic))) stop();
      else stopStream ??= stream.start(({ group, payload }) => hand(group, payload));
    },
    stop,
  };
}

export function startFeed({ broker, keys, stream, clock, seed }: CloudFeedDeps): CloudFeed {
  const publishKeys = (): void => {
    const { current, next } = keys.pair();
    broker.publish(KEY_FRAME_TOPIC, encodeSpartnKeys([current, next]), { retain: true });
    broker.publish(KEY_JSON_TOPIC, Buffer.from(JSON.stringify(shownKeys(keys))), { retain: true });
  };
  const deps = { clock, seed, publish: (topic: string, payload: Uint8Array) => broker.publish(topic, payload) };
  const feeds = [
    createRegionFeed(broker, stream),
    createMgaFeed(deps),
    createLocalizedFeed(deps, () => broker.endpoint),
  ];
  broker.onInterest((topics) => {
    for (const feed of feeds) feed.wanted(topics);
  });
  broker.answerAtOnce((topic) => feeds.map((feed) => feed.atOnce(topic)).find((payload) => payload !== undefined));
  publishKeys();
  const offRollover = keys.onRollover(publishKeys);

  return {
    publishKeys,
    stop() {
      offRollover();
      broker.onInterest(() => undefined);
      broker.answerAtOnce(() => undefined);
      for (const feed of feeds) feed.stop();
    },
  };
}
