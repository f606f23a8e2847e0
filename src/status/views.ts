// The parts of the status object, one type for each thing that is shown.

export interface PartView {
  state: string;
  reason?: string;
  sinceMs: number;
  attempt: number;
  nextRetryMs?: number;
  lastOkMs?: number;
  restarts: number;
}

export interface CredentialView {
  id: string;
  kind: string;
  state: string;
  since: string;
  tested: boolean;
  reason?: string;
  evidence?: Readonly<Record<string, string | number>>;
  expiresAt?: string;
  expirySource?: string;
  expiresInDays?: number;
  retryAt?: string;
  latched: boolean;
  fingerprint?: string;
  generation: number;
  /** The id of the credential that has to be mended first: the root of the trouble. */
  waitsFor?: string;
  /** There is no value now and nothing is wrong: the next use gets one. */
  isOnDemand?: boolean;
  /** A new value beside the one in force, and what becomes of it. */
  rotation?: { state: string; fingerprint?: string; sentence: string };
  remedy?: string;
}

export interface ClimbView {
  failures: number;
  lastRung?: string;
  lastReason?: string;
  /** Why that rung could not be taken as wanted. */
  lastRungFailed?: string;
  /** ISO 8601. */
  at?: string;
}

export interface ModemView {
  stage: string;
  port: string;
  manufacturer?: string;
  model?: string;
  revision?: string;
  profile?: string;
  /** Last four characters. */
  imei?: string;
  iccid?: string;
  imsi?: string;
  /** The configuration names another family than the module. */
  profileNote?: string;
  /** Stable name of the port, and how it was found: configured, usb-id, probed or moved. */
  portName?: string;
  portFound?: string;
  /** Other programs that have the port open. */
  sharedWith?: readonly { name: string; pid: number }[];
  sim: string;
  simTries?: { pin?: number; puk?: number };
  registration: {
    state: string;
    technology?: string;
    areaCode?: string;
    cellId?: string;
    rejectCause?: number;
    causeWords?: string;
    plmn?: string;
  };
  operator?: string;
  signal?: { rssiDbm?: number; rsrpDbm?: number; rsrqDb?: number; sinrDb?: number; quality: string };
  cell?: Readonly<Record<string, string | number>>;
  temperatureC?: number;
  /** How the host gets its network, and whether anything comes back end to end. */
  dataPath?: { kind: string; state: string };
  road?: { state: string; lastOkMs?: number; reason?: string };
  /** The ladders: failures in a row that have climbed, the rung taken last, why and when. */
  recovery?: Readonly<Record<'channel' | 'network', ClimbView>>;
  bearer: { contextId: number; active: boolean; address?: string };
  /** Of the app token in the module. Not named like the token itself, which no output may show. */
  appTokenState: string;
  counters: Readonly<Record<string, number>>;
}

/** The one answer to "are my corrections used?", with its number and who says so. */
export interface CorrectionUseView {
  answer: 'used' | 'not-used' | 'unknown';
  /** `count` of `of` corrections of the last `seconds`; 0..1. */
  share?: number;
  count: number;
  of: number;
  seconds: number;
  /** rxm-cor: the receiver's own reports. nav-pvt, gga: its position is a corrected one. none: nothing can tell. */
  by: string;
  sentence: string;
}

export interface ReceiverView {
  running: boolean;
  port: string;
  model?: string;
  firmware?: string;
  protocolVersion?: string;
  /** Last four characters. */
  uniqueId?: string;
  baudRate?: number;
  framesIn: number;
  badFrames: number;
  /** Restarts noticed behind an open port. */
  restarts: number;
  /** paced: bytes go down slowly, because the receiver lost some. */
  delivery: string;
  /** What of the configuration it took; refused are optional settings it does not have. */
  configuration?: { mandatory: string; refused: readonly string[] };
  satellites?: readonly SatelliteView[];
}

export interface SatelliteView {
  gnss: string;
  sv: number;
  elevationDeg?: number;
  azimuthDeg?: number;
  cn0DbHz: number;
  isUsed: boolean;
}

/** Roughly where the gateway is, for the services that ask. */
export interface PositionView {
  from: string;
  /** Three decimals: about a hundred metres. */
  latitudeDeg: number;
  longitudeDeg: number;
  accuracyM?: number;
  ageMs: number;
}

/** Assistance data: what there is, where it came from, what the receiver made of it. */
export interface AssistanceView {
  state: string;
  /** One sentence. */
  sentence: string;
  /** Why the service cannot be had, and what it said. */
  reason?: string;
  hint?: string;
  evidence?: Readonly<Record<string, string | number>>;
  next?: string;
  nextInMs?: number;
  fetchesToday: number;
  live?: { ageMs?: number; frames: number; isUsable: boolean; from: string };
  predictive?: { until: string; frames: number; isUsable: boolean };
  lastInjection?: {
    ageMs: number;
    from: string;
    frames: number;
    accepted: number;
    refused: number;
    unanswered: number;
    tookMs: number;
  };
}

export interface CellLocateView {
  state: string;
  sentence: string;
  reason?: string;
  hint?: string;
  attempts: number;
  uncertaintyM?: number;
  ageMs?: number;
  next?: string;
  nextInMs?: number;
}

/** How long a far side took to answer last, by whichever of these was measured last. */
export interface LatencyView {
  ms: number;
  /**
   * confirmation: from handing a record to a cloud until it was taken. connection: until a TCP connection stood, name
   * look-up included.
   */
  of: 'confirmation' | 'connection';
  /** Which service it was: `losant`, `mqtt`, `ntrip`. */
  service: string;
  ageMs: number;
}
