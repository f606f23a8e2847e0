// The localized distribution on the broker: a tile's dictionary at once for whoever subscribes, and unencrypted
// corrections on every node somebody listens to (specs/ublox.md 2.3, 2.4). Nothing runs while nobody listens.
import { type CorrectionMessage, createCorrectionStream } from '../cadence.js';
import { cutSpartn } from '../spartn.js';
import type { FeedDeps, TopicFeed } from './assistnow-feed.js';
import { dictionaryOf, localizedTopicOf } from './localized-tiles.js';

/**
 * Leaves one atmosphere frame a constellation and step: the surroundings of a node instead of a continent, and most of the
 * volume is gone.
 */
function createLocalizer(): (message: CorrectionMessage) => Uint8Array | undefined {
  const lastTag = new Map<number, number>();
  return ({ group, payload }) => {
    if (group !== 'hpac') return payload;
    const kept: Uint8Array[] = [];
    for (const piece of cutSpartn(payload)) {
      if (piece.is !== 'frame' || lastTag.get(piece.frame.subtype) === piece.frame.timeTag) continue;
      lastTag.set(piece.frame.subtype, piece.frame.timeTag);
      kept.push(piece.bytes);
    }
    return kept.length > 0 ? Buffer.concat(kept) : undefined;
  };
}

/** @param endpoint what dictionaries call the broker. */
export function createLocalizedFeed({ clock, seed, publish }: FeedDeps, endpoint: () => string): TopicFeed {
  const stream = createCorrectionStream({ clock, seed: `${seed}/localized` });
  const localize = createLocalizer();
  let nodes: readonly string[] = [];
  let stopStream: (() => void) | undefined;

  const hand = (message: CorrectionMessage): void => {
    const payload = localize(message);
    if (payload) for (const topic of nodes) publish(topic, payload);
  };
  const stop = (): void => {
    stopStream?.();
    stopStream = undefined;
  };

  return {
    atOnce(topic) {
      const tile = localizedTopicOf(topic);
      const text = tile && tile.node === undefined ? dictionaryOf(tile, endpoint()) : undefined;
      return text === undefined ? undefined : Buffer.from(text);
    },
    wanted(topics) {
      nodes = [...topics].filter((topic) => localizedTopicOf(topic)?.node !== undefined);
      if (nodes.length === 0) stop();
      else stopStream ??= stream.start(hand);
    },
    stop,
  };
}
