// What the simulated CellLocate client does other than usual (specs/ublox.md 5.1, 7.5). Healthy without any of it.

export interface CellLocateKnobs {
  /** False: the module has no such client. */
  isSupported: boolean;
  /** Response types of +ULOC that it knows: `short` only 0, `detailed` 0 and 1, `all` also 2. */
  forms: 'short' | 'detailed' | 'all';
  /** A token is accepted when it is this long and on no list. */
  minTokenLength: number;
  badTokens: readonly string[];
  /** False: the service refuses every token. */
  acceptsTokens: boolean;
  /** What goes wrong (1 to 11), at which step; 0: nothing. */
  result: number;
  step: number;
  /** After that the second server helps. */
  recovers: boolean;
  /** The first so many questions find the positioning in use. */
  busyTimes: number;
  /** Without a data connection the question is refused, or taken and told as a failed connection. */
  noContextAs: 'error' | 'indication';
  /** The question is taken and never answered. */
  isSilent: boolean;
  /** From one step to the next, ms. */
  stepMs: number;
  /** Another place than the module's own. */
  latitudeDeg: number | undefined;
  longitudeDeg: number | undefined;
  uncertaintyM: number;
  /** How many it has, where several are asked for. */
  hypotheses: number;
  /** ... and in which order they come. */
  isShuffled: boolean;
  /** Forms of the line. */
  decimals: number;
  plusSign: boolean;
  quotes: boolean;
  blanks: boolean;
  /** Servers and token are gone with the power (not with a restart by command). */
  forgetsServers: boolean;
  /** The token cannot be read back. */
  masksToken: boolean;
  /** The servers can be written only while the receiver is off. */
  needsGnssOff: boolean;
  /** +ULOCCELL=1 is known (no LTE module knows it). */
  hasDeepScan: boolean;
}

export const USUAL_CELL_LOCATE: Readonly<CellLocateKnobs> = {
  isSupported: true,
  forms: 'all',
  minTokenLength: 22,
  badTokens: [],
  acceptsTokens: true,
  result: 0,
  step: 2,
  recovers: false,
  busyTimes: 0,
  noContextAs: 'error',
  isSilent: false,
  stepMs: 400,
  latitudeDeg: undefined,
  longitudeDeg: undefined,
  uncertaintyM: 480,
  hypotheses: 3,
  isShuffled: true,
  decimals: 7,
  plusSign: false,
  quotes: false,
  blanks: false,
  forgetsServers: false,
  masksToken: false,
  needsGnssOff: true,
  hasDeepScan: false,
};
