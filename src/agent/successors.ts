// What agents that follow one another in one process share, and how one is told of the reading of its configuration.
import type { ConfigView, PersonActionResult } from '../status/index.js';

/** What stays the same. */
export interface ProcessLife {
  bootId: string;
  startedMonoMs: number;
  startedWallMs: number;
}

export interface ConfigReader {
  /** Reads the configuration again; resolves when it is known what follows. */
  run(): Promise<PersonActionResult>;
  /** How that went last. */
  view(): ConfigView;
  /** True while this agent is ended for another configuration. */
  isUnderWay(): boolean;
  /** Told once the doors are open. */
  onReady?(): void;
}
