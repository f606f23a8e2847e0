// What the rest of the house sees of the module's CellLocate client.
import type { Secret } from '../../../core/index.js';
import type { CellLocateSensor } from './parse.js';

export interface LocateRequest {
  token: Secret;
  primary: string;
  secondary: string;
  /** `deep` looks for more cells, where the module can. */
  scan: 'normal' | 'deep';
  /** 1 to 999: the module's own time. */
  timeoutSeconds: number;
  /** 1 to 999 999: what is good enough. */
  accuracyM: number;
}

export interface LocatedPosition {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM: number;
  /** Radius that holds the true place with 50 % probability, metres. */
  uncertaintyM: number;
  sensor: CellLocateSensor;
  /** ms since 1970 UTC, as the module says it. */
  utcMs?: number;
}

export interface CellLocate {
  /**
   * One position; one question at a time. Errors: `celllocate.*` (a refused token is `celllocate.token` with evidence
   * `{step, result, words}`), `network.no-bearer`, `modem.*`, `sim.*`, `link.closed` while no port is open, the abort
   * reason.
   */
  locate(request: LocateRequest, options: { signal: AbortSignal }): Promise<LocatedPosition>;
}
