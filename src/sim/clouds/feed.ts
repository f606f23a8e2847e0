// What the broker hands out: both keys, retained and renewed at each roll-over, and corrections on every region's topics
// while anybody listens.

import type { CorrectionStream } from '../cadence.js';
import { encodeSpartnKeys, type SimKeys } from '../keys.js';
import type { SpartnGroup } from '../spartn.js';
import type { SimBroker } from './broker.js';
import { groupTopic, KEY_FRAME_TOPIC, KEY_JSON_TOPIC, REGIONS, regionTopic } from './topics.js';
import { shownKeys } from './ztp-answers.js';

export interface CloudFeed {
  /** Sends both keys again on both key topics, as the service does at a roll-over. */
  publishKeys(): void;
  stop(): void;
}

export function startFeed(deps: { broker: SimBroker; keys: SimKeys; stream: CorrectionStream }): CloudFeed {
  const { broker, keys, stream } = deps;

  const publishKeys = (): void => {
    const { current, next } = keys.pair();
    broker.publish(KEY_FRAME_TOPIC, encodeSpartnKeys([current, next]), { retain: true });
    broker.publish(KEY_JSON_TOPIC, Buffer.from(JSON.stringify(shownKeys(keys))), { retain: true });
  };
  const hand = (group: SpartnGroup, payload: Uint8Array): void => {
    for (const region of REGIONS) {
      broker.publish(regionTopic(region), payload);
      broker.publish(groupTopic(region, group), payload);
    }
  };

  let stopStream: (() => void) | undefined;
  broker.onDemand((isWanted) => {
    stopStream?.();
    stopStream = isWanted ? stream.start(({ group, payload }) => hand(group, payload)) : undefined;
  });
  publishKeys();
  const offRollover = keys.onRollover(publishKeys);

  return {
    publishKeys,
    stop() {
      offRollover();
      stopStream?.();
      stopStream = undefined;
      broker.onDemand(() => undefined);
    },
  };
}
