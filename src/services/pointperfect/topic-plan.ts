// Which topics a session is to have just now: keys, the region's corrections or the nearest node's, assistance. It holds
// the small machines that decide and does nothing itself; the session's driver asks it.
import { type Clock, type Logger, WaymarkError } from '../../core/index.js';
import type { KeysIdentity } from '../../vault/index.js';
import type { AssistanceSink, PositionSource } from '../source.js';
import {
  type LocalizedEvent,
  type LocalizedState,
  localizedTopics,
  NOT_LOCALIZED,
  nextLocalized,
} from './localized.js';
import { nextRegion, type RegionState, type RegionTable, type Spot } from './regions.js';
import { decodeDict, type TileLevel } from './tiles.js';
import { assistanceTopics, type ChosenTopics, chooseTopics, type Region } from './topics.js';

export interface TopicPlanOptions {
  identity: KeysIdentity;
  region: Region | 'auto';
  regionTable: RegionTable;
  localized: 'off' | TileLevel;
  position: PositionSource | undefined;
  assistance: AssistanceSink | undefined;
  clock: Clock;
  log: Logger;
}

export interface WantedTopics {
  /** Corrections; the first is the busiest. */
  corrections: readonly string[];
  key?: string | undefined;
  dict?: string | undefined;
  assistance?: string | undefined;
  /** All of them, in the order to ask for. */
  all: readonly string[];
}

export interface TopicPlan {
  /** Does it depend on where we are? */
  readonly needsPosition: boolean;
  readonly isWatching: boolean;
  /** A session begins. @throws `corrections.outside-coverage`, `corrections.no-topic`, `corrections.no-position` */
  begin(): void;
  /** Looks at the position. Errors as `begin`. */
  look(): void;
  /** A message on the dictionary's topic. */
  takeDict(payload: Uint8Array): void;
  /** The full set of assistance data has come: from now on what changes. */
  assistanceCame(): void;
  /** The broker does not grant these, or has closed when they were asked for. */
  localizedRefused(): void;
  wanted(): WantedTopics;
  /** Anything localized is subscribed to or asked for. */
  readonly isLocalized: boolean;
  detail(): string;
}

const OUTSIDE_AGAIN_MS = 30_000;

/** @throws `corrections.no-topic` when the identity has no topic for a fixed region. */
export function createTopicPlan(options: TopicPlanOptions): TopicPlan {
  const { identity, region, regionTable, localized, position, clock, log } = options;
  const offered = assistanceTopics(identity.topics);
  let chosen: ChosenTopics | undefined = region === 'auto' ? undefined : chooseTopics(identity.topics, region);
  let regionState: RegionState = region === 'auto' ? {} : { region };
  let local: LocalizedState = NOT_LOCALIZED;
  let assistance: string | undefined;
  let badTile: string | undefined;

  const hasTopics = (candidate: Region): boolean => {
    try {
      return chooseTopics(identity.topics, candidate).corrections.length > 0;
    } catch {
      return false;
    }
  };
  /** Boxes overlap: what the account has decides before the order of the table does. */
  const choose = (candidates: readonly Region[]): Region | undefined => candidates.find(hasTopics) ?? candidates[0];

  const lookAtRegion = (): void => {
    if (region !== 'auto') return;
    const place = position?.current();
    if (place) {
      const before = regionState.region;
      regionState = nextRegion(regionState, { spot: place, nowMonoMs: clock.mono() }, regionTable, choose);
      if (regionState.region !== before)
        log.info('corrections.region', { region: regionState.region ?? 'none', from: place.from });
    } else if (regionState.region === undefined)
      throw new WaymarkError('corrections.no-position', 'the region is to be chosen by position, and nobody knows one');
    if (regionState.region === undefined)
      throw new WaymarkError(
        'corrections.outside-coverage',
        `the position (${place?.from ?? 'none'}) is in no region of the ${regionTable} table`,
        {
          retryAfterMs: OUTSIDE_AGAIN_MS,
        },
      );
    chosen = chooseTopics(identity.topics, regionState.region);
  };

  /** Localized data are for the very surroundings: only a receiver's own fix will do. */
  const fixedSpot = (): Spot | undefined => {
    const place = position?.current();
    if (!place || (place.from !== 'receiver' && place.from !== 'held')) return undefined;
    return place.quality === 'none' || place.quality === '2d' ? undefined : place;
  };
  const step = (event: LocalizedEvent): void => {
    if (localized !== 'off') local = nextLocalized(local, event, localized);
  };

  return {
    needsPosition: region === 'auto',
    isWatching: position !== undefined && (region === 'auto' || localized !== 'off'),
    begin() {
      lookAtRegion();
      step({ is: 'session', nowMonoMs: clock.mono() });
      step({ is: 'look', spot: fixedSpot(), nowMonoMs: clock.mono() });
      const isFresh = options.assistance?.isFresh() ?? true;
      assistance = options.assistance ? (isFresh ? offered.updates : (offered.full ?? offered.updates)) : undefined;
    },
    look() {
      lookAtRegion();
      step({ is: 'look', spot: fixedSpot(), nowMonoMs: clock.mono() });
    },
    takeDict(payload) {
      if (local.is !== 'asking') return;
      const decoded = decodeDict(payload, local.tile);
      if (decoded.is === 'malformed') {
        // Said once for a tile until a good one comes; a topic full of rubbish must not become a log full of it.
        const level = badTile === local.tile ? 'debug' : 'warn';
        badTile = local.tile;
        log[level]('corrections.dict-malformed', { tile: local.tile, why: decoded.why });
        return;
      }
      badTile = undefined;
      step({ is: 'dict', dict: decoded.dict, spot: fixedSpot() });
    },
    assistanceCame() {
      if (assistance === offered.full) assistance = offered.updates;
    },
    localizedRefused() {
      log.warn(
        'corrections.localized-refused',
        {},
        'The broker does not grant localized corrections; the region’s are used.',
      );
      step({ is: 'refused', nowMonoMs: clock.mono() });
    },
    wanted() {
      const { dict, node, continental } = localizedTopics(local);
      const corrections = [...(node === undefined ? [] : [node]), ...(continental ? (chosen?.corrections ?? []) : [])];
      const key = chosen?.key?.topic;
      const all = [key, ...corrections, dict, assistance].filter((topic) => topic !== undefined);
      return { corrections, key, dict, assistance, all };
    },
    get isLocalized() {
      return local.is !== 'continental';
    },
    detail() {
      const where = `region ${regionState.region ?? 'not chosen yet'}${region === 'auto' ? ' by position' : ''}`;
      if (local.is === 'node') return `${where}, tile ${local.dict.tile}, node ${local.node.name}`;
      return local.is === 'asking' ? `${where}, asking for the nodes of tile ${local.tile}` : where;
    },
  };
}
