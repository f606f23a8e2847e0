// Kinds of values that more than one section of the configuration has.
import type * as v from 'valibot';
import { SECRET_REF, text } from './schema-parts.js';

/** Where a secret is: `file:PATH` (relative to the configuration file), `env:NAME` or `credential:NAME` (systemd). */
export type SecretRef = `file:${string}` | `env:${string}` | `credential:${string}`;

const HOST = '[A-Za-z0-9][A-Za-z0-9.-]{0,252}';
export const hostRule = 'a host name or address without scheme or port';
export const HOST_ONLY = new RegExp(`^${HOST}$`);
export const HOST_AND_PORT = new RegExp(`^${HOST}:[1-9][0-9]{0,4}$`);
const DEVICE =
  /^(?:auto|\/[^\u0000-\u001f\u007f"]{1,250}|\.{1,2}\/[^\u0000-\u001f\u007f"]{1,250}|tcp:\/\/[A-Za-z0-9.-]{1,253}:[1-9][0-9]{0,4})$/;

export const port = (meaning: string) =>
  text(meaning, {
    max: 260,
    rule: DEVICE,
    is: 'auto, a device path such as /dev/serial/by-id/usb-… (or /dev/ttyUSB2), or tcp://host:port',
  });
export const secretRef = (meaning: string) =>
  text(meaning, {
    max: 1024,
    rule: SECRET_REF,
    is: 'file:PATH, env:NAME or credential:NAME: the secret itself is never written into this file. Put it into a file of its own (chmod 600) and name that file here',
  }) as unknown as v.GenericSchema<string, SecretRef>;
export const file = (meaning: string) => text(meaning, { max: 1024, is: 'the path of a file' });
export const directory = (meaning: string) => text(meaning, { max: 1024, is: 'the path of a directory' });
