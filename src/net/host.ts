// The road over the host's own network: name look-up with an end of its own, then a TCP connection. Node's look-ups run
// in a small thread pool and cannot be cancelled, and its address race gives each address 250 ms, which a cellular
// round trip exceeds (specs/reliability.md finding 7 and section 3.3).
import { type LookupAddress, lookup } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import {
  abortReason,
  type Clock,
  type Dialer,
  type DialTarget,
  type ErrorCode,
  onAbort,
  WaymarkError,
  withDeadline,
} from '../core/index.js';

const DNS_DEADLINE_MS = 8000;
const CONNECT_DEADLINE_MS = 10_000;
/** Per address; the default of 250 ms gives up on working addresses over a slow radio. */
const ATTEMPT_MS = 5000;
const TCP_KEEPALIVE_MS = 15_000;
const REMEMBERED_MS = 86_400_000;
const REMEMBERED_NAMES = 16;

/** Resolves a name to its addresses; the seam for tests. */
export type Resolver = (host: string) => Promise<readonly LookupAddress[]>;

export interface HostDialerOptions {
  /**
   * When a name cannot be looked up, use the addresses it had within the last 24 h. Only for roads that check the
   * server's certificate against the name; off by default.
   */
  useRememberedAddresses?: boolean;
  resolve?: Resolver;
}

const systemResolver: Resolver = (host) =>
  new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses);
    });
  });

/**
 * A Dialer over the host's network.
 * Errors: `net.dns` (8 s), `net.refused`, `net.unreachable` (10 s for the connection), the abort reason.
 * The socket comes with Nagle off and TCP keepalive on, and always has an error listener.
 */
export function createHostDialer({ clock }: { clock: Clock }, options: HostDialerOptions = {}): Dialer {
  const resolveName = createNameCache(clock, options);
  return async (target, { signal }) => {
    const addresses = isIP(target.host)
      ? [{ address: target.host, family: isIP(target.host) }]
      : await withDeadline(
          { clock, ms: DNS_DEADLINE_MS, signal, code: 'net.dns', what: `name look-up of ${target.host}` },
          () => resolveName(target.host),
        );
    return withDeadline(
      {
        clock,
        ms: CONNECT_DEADLINE_MS,
        signal,
        code: 'net.unreachable',
        what: `connection to ${target.host}:${target.port}`,
      },
      (inner) => openSocket(target, addresses, inner),
    );
  };
}

/** One look-up per name in flight (each hanging one holds a thread), and the last good answer kept. */
function createNameCache(clock: Clock, options: HostDialerOptions): Resolver {
  const resolve = options.resolve ?? systemResolver;
  const inFlight = new Map<string, Promise<readonly LookupAddress[]>>();
  const remembered = new Map<string, { addresses: readonly LookupAddress[]; atMonoMs: number }>();

  const ask = async (host: string): Promise<readonly LookupAddress[]> => {
    try {
      const addresses = await resolve(host);
      if (addresses.length === 0) throw new WaymarkError('net.dns', `${host}: the name has no address`);
      remembered.delete(host);
      remembered.set(host, { addresses, atMonoMs: clock.mono() });
      const oldest = remembered.keys().next();
      if (remembered.size > REMEMBERED_NAMES && !oldest.done) remembered.delete(oldest.value);
      return addresses;
    } catch (error) {
      const known = remembered.get(host);
      if (options.useRememberedAddresses && known && clock.mono() - known.atMonoMs < REMEMBERED_MS)
        return known.addresses;
      throw mapNetError(error, host);
    } finally {
      inFlight.delete(host);
    }
  };

  return (host) => {
    const running = inFlight.get(host);
    if (running) return running;
    const started = ask(host);
    inFlight.set(host, started);
    return started;
  };
}

function openSocket(target: DialTarget, addresses: readonly LookupAddress[], signal: AbortSignal): Promise<Socket> {
  // The names are looked up already: net only races the addresses.
  const known: LookupFunction = (_host, { all }, answer) => {
    const first = addresses[0];
    if (all === true) answer(null, [...addresses]);
    else if (first) answer(null, first.address, first.family);
  };
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const socket = connect({
      host: target.host,
      port: target.port,
      lookup: known,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEPALIVE_MS,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    });
    const off = onAbort(signal, () => {
      socket.destroy();
      reject(abortReason(signal));
    });
    // Stays attached for the socket's life: an error between here and its next owner must not end the process.
    socket.on('error', (error) => {
      off();
      reject(mapNetError(error, `${target.host}:${target.port}`));
    });
    socket.once('connect', () => {
      off();
      resolve(socket);
    });
  });
}

const NAME_CODES = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA', 'ESERVFAIL']);
const LOST_CODES = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ECANCELED']);

/** The `code` of a Node error, looking into the list an address race ends with. */
export function nodeErrorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  return Array.isArray(errors) && errors.length > 0 ? nodeErrorCode(errors[0]) : '';
}

/** A socket or resolver error as `net.*`; a WaymarkError passes unchanged. */
export function mapNetError(error: unknown, what: string): WaymarkError {
  if (error instanceof WaymarkError) return error;
  const code = nodeErrorCode(error);
  const is: ErrorCode = NAME_CODES.has(code)
    ? 'net.dns'
    : code === 'ECONNREFUSED'
      ? 'net.refused'
      : LOST_CODES.has(code)
        ? 'net.closed'
        : 'net.unreachable';
  return new WaymarkError(is, `${what}: ${code === '' ? 'connection failed' : code}`, { cause: error });
}
