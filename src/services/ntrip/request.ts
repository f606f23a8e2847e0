// The request a caster is sent, in either version of NTRIP (specs/ublox.md 2.1). Everything in it that somebody else
// wrote is checked first: a line end in a mountpoint would be a header of its own.
import { isIP } from 'node:net';
import { type Secret, scrubber, WaymarkError } from '../../core/index.js';

export type NtripVersion = '1' | '2';

export interface NtripRequest {
  version: NtripVersion;
  host: string;
  port: number;
  mountPoint: string;
  userName?: string | undefined;
  password?: Secret | undefined;
  /** Of this program, for the User-Agent. */
  agentVersion: string;
}

const HOST = /^[A-Za-z0-9._-]{1,253}$/;
/** Printable ASCII. The colon parts user and password, so only the password may hold one. */
const USER = /^[\x20-\x39\x3b-\x7e]{1,256}$/;
const PASSWORD = /^[\x20-\x7e]{0,512}$/;
const MOUNT_POINT = /^[\x21-\x7e]{1,128}$/;
/** Casters compare mountpoints as they are written; what is not plain goes encoded. */
const PLAIN_PATH = /[^A-Za-z0-9._~/-]/g;

/**
 * The bytes to send; nothing in them needs encoding any more.
 * @throws `config.invalid` for a host, port, mountpoint or user name that cannot be sent, `secret.malformed` for such a password.
 */
export function buildNtripRequest(request: NtripRequest): Buffer {
  const { version, host, port } = request;
  const lines = [
    `GET /${pathOf(request.mountPoint)} HTTP/1.${version === '2' ? 1 : 0}`,
    `Host: ${hostOf(host, port)}`,
    ...(version === '2' ? ['Ntrip-Version: Ntrip/2.0'] : []),
    `User-Agent: NTRIP waymark/${request.agentVersion.replace(/[^\w.+-]/g, '')}`,
    ...authorization(request),
    'Connection: close',
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function pathOf(mountPoint: string): string {
  const name = mountPoint.replace(/^\//, '');
  // Dot segments name another place than they say.
  if (!MOUNT_POINT.test(name) || /(?:^|\/)\.{1,2}(?:\/|$)/.test(name))
    throw new WaymarkError('config.invalid', 'the mountpoint holds what cannot be part of a request');
  return name.replace(PLAIN_PATH, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

function hostOf(host: string, port: number): string {
  const isV6 = isIP(host) === 6;
  if (!isV6 && !HOST.test(host))
    throw new WaymarkError('config.invalid', 'the caster’s host name holds what cannot be part of a request');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new WaymarkError('config.invalid', 'the caster’s port is no port');
  return `${isV6 ? `[${host}]` : host}:${port}`;
}

function authorization({ userName, password }: NtripRequest): string[] {
  if (userName === undefined) return [];
  if (!USER.test(userName)) throw new WaymarkError('config.invalid', 'the user name holds what cannot be sent');
  const secret = password?.reveal() ?? '';
  if (!PASSWORD.test(secret))
    throw new WaymarkError('secret.malformed', 'the caster’s password holds what cannot be sent');
  const account = `${userName}:${secret}`;
  // A caster that repeats what it was sent says it in the joined form, where nothing shows the password's own.
  if (secret !== '') scrubber.register('password', account);
  return [`Authorization: Basic ${Buffer.from(account, 'latin1').toString('base64')}`];
}
