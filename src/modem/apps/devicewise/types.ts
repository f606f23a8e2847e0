// The module's deviceWISE client as others see it, and the exchange of requests inside it. The first two are what the
// service asks for, said again here because this room does not know the services.
import type { Clock, Logger, MethodCall, Secret, Tr50Command, Tr50Outcome, WaymarkError } from '../../../core/index.js';
import type { AtChannel } from '../../at.js';

/** The module's own client. */
export interface DeviceWiseClient {
  /** Asked once a module; `unknown` before that. */
  support(): 'unknown' | 'supported' | 'unsupported';
  /** Resolves once the module is connected. Errors: see `RoadOpener` of the service; `link.closed` while no port is open. */
  open(options: { appToken: Secret; signal: AbortSignal }): Promise<DeviceWiseSession>;
  /**
   * Stops a client that an earlier life has left started, for somebody who signs in under the same client id. A module that
   * cannot be asked is left as it is. Rejects with the abort reason only.
   */
  release(options: { signal: AbortSignal }): Promise<void>;
}

/** The module's client while it is connected. */
export interface DeviceWiseSession {
  /** One command, one at a time (the rest wait their turn). Never rejects. */
  request(command: Tr50Command, options: { signal: AbortSignal }): Promise<Tr50Outcome>;
  readonly methods: AsyncIterable<MethodCall>;
  /** Settles once with why it ended; never rejects. */
  readonly closed: Promise<WaymarkError>;
  /** Disconnects the module’s client; bounded, never rejects. */
  close(): Promise<void>;
  facts(): Readonly<Record<string, string | number | boolean>>;
}

export interface ExchangeDeps extends Pick<AtChannel, 'run' | 'prompted' | 'urcs'> {
  clock: Clock;
  log: Logger;
  /** The module has said that it is not connected: time to ask how it is. */
  onSuspect?: (() => void) | undefined;
}

export interface ExchangeOptions {
  /** Short requests go as AT#DWSEND where it carries them unharmed (default true). */
  formatted?: boolean;
}

/** Requests and methods of one connected module, from its connection to its end. */
export interface Exchange {
  /**
   * One command; one outcome, at the latest 35 s after the module has taken it. Never rejects. Once the signal aborts:
   * `busy` when it has not been sent, otherwise `timeout`.
   */
  request(command: Tr50Command, options: { signal: AbortSignal }): Promise<Tr50Outcome>;
  /** Each call once; ends with the exchange, without an error. For one reader. */
  readonly methods: AsyncIterable<MethodCall>;
  /**
   * Empties the module's inbox, oldest first: methods are delivered, replies nobody waits for are dropped. At the start,
   * and whenever rings may have been missed; does no harm at any time. Rejects with the abort reason only.
   */
  drain(options: { signal: AbortSignal }): Promise<void>;
  /** Everything open and waiting becomes `link-lost`, and whatever is asked from now on. Idempotent. */
  end(error: WaymarkError): void;
  /** For status: counts and quirks. */
  facts(): Readonly<Record<string, string | number | boolean>>;
}
