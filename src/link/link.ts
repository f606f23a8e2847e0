// A link is bytes, single use. Serial ports, TCP connections and memory pipes are the same thing; after a close you
// make a new one.
import type { WaymarkError } from '../core/index.js';

export type CloseReason = { is: 'closed' } | { is: 'hangup'; error: WaymarkError };

export interface Link extends AsyncDisposable {
  /** Path or URL it was opened by. */
  readonly name: string;
  /** What the far side sends, for exactly one reader. Ends (without an error) when the link closes for any reason. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Settled once, when the link is closed from either side. Never rejects. */
  readonly closed: Promise<CloseReason>;
  /**
   * Resolves when the operating system has taken the bytes. Has its own deadline (2 s plus twice the line time).
   * Errors: `link.closed`, `link.stalled` (the link is then closed too).
   */
  write(bytes: Uint8Array, options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** Idempotent and bounded in time. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface LinkTarget {
  /** `/dev/...` or any path to a character device, or `tcp://host:port`. */
  address: string;
  /** Serial only; ignored for TCP. */
  baudRate: number;
}

/** Opens a link. Errors: `link.absent`, `link.busy`, `link.permission`, `link.closed`. */
export type LinkOpener = (target: LinkTarget, options: { signal?: AbortSignal | undefined }) => Promise<Link>;
