// What the status doors are opened with.
import type { Clock, Secret } from '../core/index.js';
import type { StatusActions } from './actions.js';
import type { HistoryKeeper } from './history.js';
import type { LogTail } from './log-shape.js';
import type { PageSource } from './page-source.js';
import type { StatusSnapshot } from './snapshot.js';

export interface StatusServerOptions {
  runtimeDir: string;
  socketMode: number;
  /** `orAnyPort`: another one when that is taken (the demo). */
  http?: { host: string; port: number; orAnyPort?: boolean } | undefined;
  /** What may be asked of the agent; over TCP only what a person may ask for by name, and only with `token`. */
  actions?: StatusActions | undefined;
  /** What a visitor over TCP has to show before anything is done for it. Without it TCP only looks. */
  token?: Secret | undefined;
  history?: HistoryKeeper | undefined;
  log?: LogTail | undefined;
  /** The configuration in force, secrets as references. */
  config?: (() => { file?: string; config: unknown }) | undefined;
  /** The JSON Schema of the configuration. */
  schema?: (() => unknown) | undefined;
  page?: PageSource | undefined;
  /** Prometheus text. */
  metrics?: ((snapshot: StatusSnapshot) => string) | undefined;
  /** False while lanes come up or end (default: always ready). Connectivity is no part of it. */
  isReady?: (() => boolean) | undefined;
  /** Tells that the snapshot may have changed. Returns the stop. */
  onChange?: ((listener: () => void) => () => void) | undefined;
  /** How long a head and a whole request may take to come in (default: 5 and 10 s). */
  limits?: { headersMs: number; requestMs: number } | undefined;
  /** Bounds requests in time (default: real time). */
  clock?: Clock;
}
