// The shapes of the deviceWISE service: a road, whichever it is, what opens one, and what the module offers.
import type { MethodCall, Secret, Tr50Command, Tr50Outcome, WaymarkError } from '../../core/index.js';

export type RoadName = 'module' | 'mqtt' | 'http';

/** What a road can carry. */
export interface RoadLimits {
  /** Of one request as JSON, UTF-8 bytes. */
  maxRequestBytes: number;
  /** Requests under way at once. */
  maxInFlight: number;
  /** Commands in one request. */
  maxCommands: number;
}

/** One connection to deviceWISE, from its opening to its end. */
export interface Tr50Road {
  readonly name: RoadName;
  readonly limits: RoadLimits;
  /** One request; one outcome a command, in order, within the road's own deadline. Never rejects. */
  request(commands: readonly Tr50Command[], options: { signal: AbortSignal }): Promise<readonly Tr50Outcome[]>;
  /**
   * Methods called by the cloud, each delivered once a connection (a mailbox delivers what was not acknowledged again and
   * again). For one reader. Ends with the road, without an error.
   */
  readonly methods: AsyncIterable<MethodCall>;
  /** Settles once with why it ended; never rejects. */
  readonly closed: Promise<WaymarkError>;
  /** Bounded, idempotent, never rejects. */
  close(): Promise<void>;
  /** For status: no secret, no full identifier. */
  facts(): Readonly<Record<string, string | number | boolean>>;
}

export interface RoadOpener {
  readonly name: RoadName;
  /**
   * Opens the road with this app token and proves it (CONNACK, a session, the module’s link at 1,2). Errors: `devicewise.refused`
   * (token or application id; evidence `{connack}` or `{code}`), `devicewise.no-client`, `devicewise.unreachable`,
   * `devicewise.malformed`, `devicewise.config`, `mqtt.*`, `net.*`, `tls.*`, `modem.*`, `network.*`, `link.*`,
   * `core.timeout`, the abort reason.
   */
  open(options: { appToken: Secret; signal: AbortSignal }): Promise<Tr50Road>;
}

/** The module's own client, as this service needs it (implemented by the room modem, specs/devicewise.md 1). */
export interface ModuleDeviceWise {
  /** Asked once a module; `unknown` before that. */
  support(): 'unknown' | 'supported' | 'unsupported';
  /**
   * Context, TLS, parameters with this token, connect; resolves at `1,2`. Before it begins it ends what an earlier life
   * left started. Errors: as `RoadOpener.open`; `link.closed` while no port is open.
   */
  open(options: { appToken: Secret; signal: AbortSignal }): Promise<ModuleDeviceWiseSession>;
}

/** The module's client while it is connected. */
export interface ModuleDeviceWiseSession {
  /** One command, one at a time (the rest wait their turn); verdict within 35 s. Never rejects. */
  request(command: Tr50Command, options: { signal: AbortSignal }): Promise<Tr50Outcome>;
  readonly methods: AsyncIterable<MethodCall>;
  readonly closed: Promise<WaymarkError>;
  /** Disconnects the module’s client; bounded, never rejects. */
  close(): Promise<void>;
  facts(): Readonly<Record<string, string | number | boolean>>;
}
