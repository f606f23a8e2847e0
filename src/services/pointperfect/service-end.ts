// Tells the end of the service from bad weather: PointPerfect's MQTT delivery was announced to stop on 2026-09-30
// (specs/ublox.md 0.1). Before that date, or on any other broker, silence is silence.
import { X509Certificate } from 'node:crypto';
import { WaymarkError } from '../../core/index.js';

export interface EndOfService {
  /** Brokers it is about. */
  host: RegExp;
  /** ms since 1970 UTC; nothing is concluded before. */
  afterUtcMs: number;
}

export const POINTPERFECT_MQTT_END: EndOfService = {
  host: /^pp(?:-[a-z]{2})?\.services\.u-blox\.com$/i,
  afterUtcMs: Date.UTC(2026, 9, 1),
};

/** Sessions that were accepted and in which no correction came, in a row. */
export interface SilentRun {
  sessions: number;
  sinceMonoMs: number;
}

const SESSIONS = 3;
const FOR_MS = 900_000;

/** After one more silent session that began at `startMonoMs`. */
export function oneMoreSilent(run: SilentRun | undefined, startMonoMs: number): SilentRun {
  return run ? { ...run, sessions: run.sessions + 1 } : { sessions: 1, sinceMonoMs: startMonoMs };
}

/** Why a session ended, as far as it matters here. */
export interface SessionEnd {
  error: WaymarkError;
  host: string;
  wallMs: number;
  nowMonoMs: number;
  silent: SilentRun | undefined;
  /** This identity was accepted before, or its certificate is within its dates. */
  isCertificateGood: () => boolean;
}

/** `corrections.ended` in place of the error when this is the end of the service; otherwise the error itself. */
export function endOfService(rule: EndOfService, end: SessionEnd): WaymarkError {
  const { error, host, silent } = end;
  if (!rule.host.test(host) || end.wallMs < rule.afterUtcMs) return error;
  const date = new Date(rule.afterUtcMs - 1).toISOString().slice(0, 10);
  if (error.code === 'mqtt.refused' && error.evidence?.['connack'] === 5 && end.isCertificateGood())
    return new WaymarkError(
      'corrections.ended',
      `${host} no longer lets in a certificate that is good; delivery by MQTT was announced to end on ${date}`,
      { cause: error, evidence: { connack: 5 } },
    );
  if (error.code !== 'corrections.silent' || !silent || silent.sessions < SESSIONS) return error;
  if (end.nowMonoMs - silent.sinceMonoMs < FOR_MS) return error;
  return new WaymarkError(
    'corrections.ended',
    `${host} accepts us and sends nothing, ${silent.sessions} sessions in a row; delivery by MQTT was announced to end on ${date}`,
    { cause: error, evidence: { sessions: silent.sessions } },
  );
}

/** Is the certificate within its dates? Text that is none is not. */
export function isWithinDates(pem: string, wallMs: number): boolean {
  try {
    const { validFrom, validTo } = new X509Certificate(pem);
    return Date.parse(validFrom) <= wallMs && wallMs <= Date.parse(validTo);
  } catch {
    return false;
  }
}
