// From the corrections of a whole region to those of the nearest node, as a pure machine (specs/ublox.md 2.3). They are a
// fifth of the data; they need a real fix, a dictionary first, and a way back.
//
//   continental --fix--> asking(tile) --dict--> node(tile) --another is clearly nearer--> node(tile)
//        ^                 |   ^                   |
//        +--30 s, refused--+   +--left the tile----+   (the old node goes on meanwhile)
//        +--refused--------------------------------+
import { unreachable } from '../../core/index.js';
import type { Spot } from './regions.js';
import { dictTopic, isOutside, nearestNode, type TileDict, type TileLevel, type TileNode, tileName } from './tiles.js';

export type LocalizedState =
  | { is: 'continental'; notBeforeMonoMs?: number; failedTile?: string }
  | { is: 'asking'; tile: string; sinceMonoMs: number; from?: { dict: TileDict; node: TileNode } }
  | { is: 'node'; dict: TileDict; node: TileNode };

export type LocalizedEvent =
  /** A look at the position; `spot` only with a fix of the receiver in three dimensions. */
  | { is: 'look'; spot?: Spot | undefined; nowMonoMs: number }
  | { is: 'dict'; dict: TileDict; spot?: Spot | undefined }
  /** The broker does not grant these topics, or closes when they are asked for. */
  | { is: 'refused'; nowMonoMs: number }
  /** A new session: what was asked for is asked for again. */
  | { is: 'session'; nowMonoMs: number };

const DICT_WAIT_MS = 30_000;
const AGAIN_MS = 600_000;
const REFUSED_MS = 3_600_000;

export const NOT_LOCALIZED: LocalizedState = { is: 'continental' };

/** The same object when nothing changes. */
export function nextLocalized(state: LocalizedState, event: LocalizedEvent, level: TileLevel): LocalizedState {
  switch (event.is) {
    case 'look':
      return afterLook(state, event, level);
    case 'dict': {
      if (state.is !== 'asking' || event.dict.tile !== state.tile || !event.spot) return state;
      const node = nearestNode(event.dict, event.spot);
      return node ? { is: 'node', dict: event.dict, node } : state;
    }
    case 'refused':
      return { is: 'continental', notBeforeMonoMs: event.nowMonoMs + REFUSED_MS };
    case 'session':
      return state.is === 'asking' ? { ...state, sinceMonoMs: event.nowMonoMs } : state;
    default:
      return unreachable(event);
  }
}

function afterLook(
  state: LocalizedState,
  { spot, nowMonoMs }: Extract<LocalizedEvent, { is: 'look' }>,
  level: TileLevel,
): LocalizedState {
  switch (state.is) {
    case 'continental': {
      if (!spot) return state;
      const tile = tileName(level, spot);
      const isHeld = state.notBeforeMonoMs !== undefined && nowMonoMs < state.notBeforeMonoMs;
      // A tile without a dictionary says nothing about the next one.
      if (isHeld && (state.failedTile === undefined || state.failedTile === tile)) return state;
      return { is: 'asking', tile, sinceMonoMs: nowMonoMs };
    }
    case 'asking':
      if (spot && isOutside(state.tile, level, spot))
        return { ...state, tile: tileName(level, spot), sinceMonoMs: nowMonoMs };
      if (nowMonoMs - state.sinceMonoMs < DICT_WAIT_MS) return state;
      return { is: 'continental', notBeforeMonoMs: nowMonoMs + AGAIN_MS, failedTile: state.tile };
    case 'node': {
      if (!spot) return state;
      const { dict, node } = state;
      if (isOutside(dict.tile, level, spot))
        return { is: 'asking', tile: tileName(level, spot), sinceMonoMs: nowMonoMs, from: { dict, node } };
      const nearest = nearestNode(dict, spot, node);
      return !nearest || nearest === node ? state : { is: 'node', dict, node: nearest };
    }
    default:
      return unreachable(state);
  }
}

/** What to subscribe to for this state; `continental` says whether the region's own topics are needed as well. */
export function localizedTopics(state: LocalizedState): { dict?: string; node?: string; continental: boolean } {
  if (state.is === 'continental') return { continental: true };
  const kept = state.is === 'node' ? state : state.from;
  return {
    ...(state.is === 'asking' ? { dict: dictTopic(state.tile) } : {}),
    ...(kept ? { node: `${kept.dict.prefix}${kept.node.name}` } : {}),
    continental: !kept,
  };
}
