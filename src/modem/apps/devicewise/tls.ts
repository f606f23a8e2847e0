// TLS of the module's own client (specs/devicewise.md 1.1, steps 7 to 9): socket 1 enabled, the server's certificate
// checked where an authority is configured, and that authority in the module.
//
//   security 0:  enabled? ──yes──→ off
//   security 1:  not enabled? ──→ on ──→ authority given? ──→ in the module already? ──no──→ upload ──→ check: on
//                                         └─ none: check off (said once in the log)
//
// The authority goes in before the check for it is switched on, so that no state in between refuses every server. Where
// an authority is configured, a module that cannot take it is an error: nothing would be checked otherwise.
import { isWaymarkError, WaymarkError } from '../../../core/index.js';
import { ask, type Session } from '../../session.js';
import { parseSslAuthority, parseSslEnabled } from './readings.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/;
const LINE = 64;
/** More than any module keeps; the module itself says when it is too long for it. */
const MAX_PEM_BYTES = 4096;
const END_OF_TEXT = 0x1a;
const PEM_FORMAT = 1;
/** Writing its flash takes its time. */
const UPLOAD_MS = 15_000;

export interface TlsKeeper {
  /** Errors: `devicewise.config` (an authority that cannot be used), `link.*`, `modem.*`, the abort reason. */
  ensure(session: Session, options: { security: 0 | 1; ca: string | undefined; signal: AbortSignal }): Promise<void>;
}

const unusable = (why: string, cause?: WaymarkError): WaymarkError =>
  new WaymarkError('devicewise.config', `deviceWise.caFile: ${why}`, {
    cause,
    evidence: cause?.evidence,
    hint: 'The module cannot check the server against deviceWise.caFile: give it one PEM certificate, or set deviceWise.road to gateway.',
  });

/** The base64 of the first certificate, without line ends. Errors: `devicewise.config`. */
function bodyOfFirst(ca: string): string {
  const body = CERTIFICATE.exec(ca)?.[1]?.replace(/\s+/g, '');
  if (body === undefined || body === '') throw unusable('no PEM certificate');
  return body;
}

/** As modules want it: lines of 64, LF alone. */
function pemOf(body: string): Buffer {
  const lines = body.match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
  const pem = Buffer.from(
    ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'),
    'latin1',
  );
  if (pem.length > MAX_PEM_BYTES) throw unusable(`its first certificate is longer than ${MAX_PEM_BYTES} bytes`);
  return pem;
}

/** One per modem: remembers which authority it has written, for modules that do not read it back. */
export function createTlsKeeper(onWrite: () => void): TlsKeeper {
  const uploaded = new Set<string>();
  /** Commands taken by a module that does not read them back. */
  const blindly = new Set<string>();
  let isWarned = false;

  const enable = async (session: Session, on: boolean, signal: AbortSignal): Promise<void> => {
    const found = (await ask(session, 'AT#SSLEN?', signal))?.map(parseSslEnabled).find((state) => state !== undefined);
    if (found === on || (found === undefined && !on)) return;
    // Families whose client brings its own TLS do not know the command: connecting tells whether it was needed.
    await write(session, `AT#SSLEN=1,${on ? 1 : 0}`, found === undefined, signal);
  };

  /** True when the module has taken it, now or before. */
  const write = async (session: Session, command: string, isBlind: boolean, signal: AbortSignal): Promise<boolean> => {
    if (isBlind && blindly.has(command)) return true;
    if ((await ask(session, command, signal)) === undefined) return false;
    if (isBlind) blindly.add(command);
    onWrite();
    return true;
  };

  const upload = async (session: Session, ca: string, signal: AbortSignal): Promise<void> => {
    const body = bodyOfFirst(ca);
    const stored = await ask(session, 'AT#SSLSECDATA=1,2,1', signal);
    const text = stored?.filter((line) => !line.startsWith('#SSLSECDATA') || line.includes('-----')).join('\n');
    if (text !== undefined && CERTIFICATE.exec(text)?.[1]?.replace(/\s+/g, '') === body) return;
    const key = `${session.store.current.imei} ${body}`;
    if (uploaded.has(key)) return;
    const pem = pemOf(body);
    try {
      await session.channel.prompted(
        { text: `AT#SSLSECDATA=1,1,1,${pem.length}`, prompt: '>' },
        Buffer.concat([pem, Buffer.of(END_OF_TEXT)]),
        { signal, deadlineMs: UPLOAD_MS },
      );
    } catch (error) {
      if (!isWaymarkError(error, 'modem.error', 'modem.desync')) throw error;
      throw unusable('the module does not take it', error);
    }
    uploaded.add(key);
    onWrite();
  };

  /** Switches the check of the server's certificate. */
  const check = async (session: Session, isChecked: boolean, signal: AbortSignal): Promise<void> => {
    const mode = isChecked ? 1 : 0;
    const lines = await ask(session, 'AT#SSLSECCFG?', signal);
    const found = lines?.map(parseSslAuthority).find((state) => state !== undefined);
    if (found?.authMode === mode && (found.format ?? PEM_FORMAT) === PEM_FORMAT) return;
    // The older families take three parameters.
    for (const command of [`AT#SSLSECCFG=1,0,${mode},${PEM_FORMAT}`, `AT#SSLSECCFG=1,0,${mode}`])
      if (await write(session, command, found === undefined, signal)) return;
    if (isChecked) throw unusable('the module cannot be made to check the server');
  };

  return {
    async ensure(session, { security, ca, signal }) {
      if (security === 0) return enable(session, false, signal);
      await enable(session, true, signal);
      if (ca !== undefined) await upload(session, ca, signal);
      await check(session, ca !== undefined, signal);
      if (ca !== undefined || isWarned) return;
      isWarned = true;
      session.log.warn(
        'devicewise.unverified',
        {},
        'No deviceWise.caFile: the module encrypts, but does not check which server it speaks to.',
      );
    },
  };
}
