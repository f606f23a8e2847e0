// Which setting a caster's failure points at: depends on where caster and account came from, the configuration or
// provisioning.
import { WaymarkError } from '../../core/index.js';

export interface AdviceFacts {
  tls: boolean;
  /** Caster and account stand in the configuration. */
  isConfigured: boolean;
  /** The caster had accepted us before. */
  wasAccepted: boolean;
}

/** What OpenSSL says of an answer that is no TLS at all. */
const NO_TLS = new Set([
  'EPROTO',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
]);

/** The same error, with a hint that names the settings concerned where there are any. */
export function withAdvice(error: WaymarkError, facts: AdviceFacts): WaymarkError {
  const hint = adviceOf(error, facts);
  if (hint === undefined) return error;
  const { code, message, cause, evidence, retryAfterMs } = error;
  return new WaymarkError(code, message, { cause, evidence, retryAfterMs, hint });
}

function adviceOf(
  { code, evidence, hint }: WaymarkError,
  { tls, isConfigured, wasAccepted }: AdviceFacts,
): string | undefined {
  if (code === 'ntrip.unauthorized' && isConfigured)
    return 'The caster does not accept user and password: compare corrections.ntrip.userName and the file that corrections.ntrip.password names with what the caster’s operator gave you; it may allow one session only, and still hold the one before (then wait a minute).';
  if (wasAccepted) return undefined;
  if (code === 'net.refused' && isConfigured)
    return 'Nothing takes connections there: check corrections.ntrip.host and corrections.ntrip.port.';
  if (code === 'tls.failed' && NO_TLS.has(String(evidence?.['code'])))
    return isConfigured
      ? 'This port speaks no TLS: set corrections.ntrip.tls to off, or corrections.ntrip.port to the port with TLS (usually 2102).'
      : 'This port speaks no TLS: set corrections.ntrip.tls to auto, or to off.';
  const isUnanswered = code === 'net.closed' || (code === 'ntrip.unavailable' && evidence?.['line'] === '');
  if (!tls && (isUnanswered || code === 'ntrip.malformed'))
    return `${hint} If it stays so, the port may want TLS: set corrections.ntrip.tls to required.`;
  return undefined;
}
