// Kinds of values that more than one section of the configuration has.
import * as v from 'valibot';
import { choice, SECRET_REF, text } from './schema-parts.js';

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

const HTTPS_URL =
  /^https:\/\/[A-Za-z0-9.-]{1,253}(?::[1-9][0-9]{0,4})?(?:\/[^\s#"\\\u0000-\u001f\u007f-\uffff]{0,1024})?$/;
export const httpsUrl = (meaning: string) =>
  text(meaning, { max: 1300, rule: HTTPS_URL, is: 'an https:// address without user name or fragment' });

const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
/** What is known of a Thingstream location token beside its value: nothing in it tells when it ends. */
export const locationTokenFacts = {
  kind: v.optional(
    choice(['permanent', 'temporary'], 'temporary: ends 90 days after its issue. The portal shows which it is.'),
    'permanent',
  ),
  issuedAt: v.exactOptional(
    text('Day a temporary token was issued; warnings come 14, 7 and 1 days before its end.', {
      max: 10,
      rule: DAY,
      is: 'a day such as 2026-01-31',
    }),
  ),
};
