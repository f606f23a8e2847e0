// The sections of the configuration for what goes up: positions, the outbox, ThingSpace, Losant, commands.
import * as v from 'valibot';
import { choice, decimal, flag, section, text, textList, whole } from './schema-parts.js';
import { file, HOST_AND_PORT, HOST_ONLY, hostRule, httpsUrl, secretRef } from './schema-values.js';

const localAddress = (what: string) =>
  v.optional(text(`Address to listen on for ${what}.`, { max: 253, rule: HOST_ONLY, is: hostRule }), '127.0.0.1');

const rawOutputSchema = section('Every byte the receiver sends, on TCP: for gpsd and other programs.', {
  host: localAddress('the raw stream'),
  port: whole(0, 65_535, 'Port to listen on; 0 takes any free one.'),
  writable: v.optional(flag('Pass what such programs send on to the receiver; at their risk.'), false),
});

const jsonOutputSchema = section('The best position as one JSON object a line, on TCP.', {
  host: localAddress('JSON lines'),
  port: whole(0, 65_535, 'Port to listen on; 0 takes any free one.'),
});

/** The section `location`. */
export const locationSchema = section('Where the gateway is: how often that is said, and to whom nearby.', {
  reportSeconds: v.optional(whole(1, 86_400, 'How often a position is reported and kept until the cloud has it.'), 10),
  durable: v.optional(
    flag('Keep every fix of the receiver, not only one an interval; costs flash writes and traffic.'),
    false,
  ),
  minAccuracyM: v.exactOptional(decimal(0, 1_000_000, 'Less accurate positions are not reported, metres.')),
  moduleGnss: v.optional(flag('Ask the module’s own GNSS while the receiver has no fix, where it has one.'), false),
  raw: v.exactOptional(rawOutputSchema),
  jsonLines: v.exactOptional(jsonOutputSchema),
});

/** The section `outbox`. */
export const outboxSchema = section('What is kept for the clouds while they cannot be reached.', {
  maxMiB: v.optional(whole(1, 4096, 'Most it may take on the disk for each cloud, MiB; then the oldest goes.'), 32),
  maxDays: v.optional(whole(1, 365, 'Older records go, days.'), 7),
  sync: v.optional(
    flag('Force every record to the disk at once: nothing is lost by a power cut, at the price of flash wear.'),
    false,
  ),
  minFreeMiB: v.optional(whole(0, 1_000_000, 'Free space left to others on that disk, MiB.'), 32),
});

const ACCOUNT = /^\d{10}-\d{5}$/;
const MDN = /^\+?\d{10,15}$/;

const operatorIdentitySchema = section('What this device shows the operator’s endpoint: a certificate, or a token.', {
  certFile: v.exactOptional(file('PEM file of the device’s certificate.')),
  keyFile: v.exactOptional(file('PEM file of its private key; mode 0600 or 0400, owned by the service user.')),
  bearer: v.exactOptional(secretRef('Where the enrolment token is.')),
});

const carrierLocationSchema = section('How the network is asked where the gateway is.', {
  intervalSeconds: v.optional(
    whole(900, 2_592_000, 'Pause between two requests while no better position is known.'),
    900,
  ),
  maxAgeHours: v.optional(
    whole(1, 720, 'A position the network kept that is older than this is worth a current request, which is billed.'),
    24,
  ),
  monthlyCurrentBudget: v.optional(whole(0, 100_000, 'Current requests a calendar month; each is billed.'), 30),
  always: v.optional(flag('Ask also while the receiver knows better, to have both.'), false),
});

/** The section `thingspace`. */
export const thingspaceSchema = section('Verizon ThingSpace: the network says where the gateway is.', {
  mode: choice(
    ['direct', 'delegated', 'proxy'],
    'direct: key, secret and user on this device. delegated: the operator’s endpoint hands out tokens. proxy: the operator’s endpoint answers the position.',
  ),
  baseUrl: v.optional(httpsUrl('ThingSpace.'), 'https://thingspace.verizon.com'),
  accountName: v.exactOptional(
    text('Billing account, in quotes: leading zeros count.', {
      max: 16,
      rule: ACCOUNT,
      is: 'an account name such as "0000123456-00001", in quotes',
    }),
  ),
  mdn: v.exactOptional(
    text('Number of the SIM; without it the module is asked (AT+CNUM). In quotes.', {
      max: 16,
      rule: MDN,
      is: 'a phone number of ten digits, in quotes',
    }),
  ),
  imei: v.optional(
    text('IMEI of the module; auto asks it.', {
      max: 16,
      rule: /^(?:auto|\d{14,16})$/,
      is: 'auto or an IMEI, in quotes',
    }),
    'auto',
  ),
  key: v.exactOptional(secretRef('Where the application key is. Portal: Key Management.')),
  secret: v.exactOptional(secretRef('Where the application secret is.')),
  user: v.exactOptional(secretRef('Where the UWS user name is.')),
  password: v.exactOptional(secretRef('Where the UWS password is.')),
  loginEpoch: v.optional(whole(0, 1_000_000, 'Raise it by one to allow logins again after they were held back.'), 0),
  acceptAccountWideRisk: v.optional(
    flag('direct: I know that whoever reads this disk can use every SIM of the account.'),
    false,
  ),
  tokenEndpoint: v.exactOptional(httpsUrl('delegated: the operator’s endpoint that hands out tokens.')),
  locateEndpoint: v.exactOptional(httpsUrl('proxy: the operator’s endpoint that answers the position.')),
  identity: v.exactOptional(operatorIdentitySchema),
  caFile: v.exactOptional(file('PEM file of the authorities that may sign the certificates of these hosts.')),
  location: v.optional(carrierLocationSchema, {}),
});

const HEX_ID = /^[0-9a-f]{24}$/;
const hexId = (meaning: string) =>
  text(meaning, { max: 24, rule: HEX_ID, is: 'an id of 24 hexadecimal digits, as the portal shows it' });

const enrolSchema = section('How the device and its access key come to be, when they are not given.', {
  mode: choice(
    ['operator', 'application-token'],
    'operator: an endpoint answers device and key. application-token: made here with an application token.',
  ),
  url: v.exactOptional(httpsUrl('operator: the endpoint.')),
  token: secretRef('Where the enrolment token (operator) or the application token is.'),
  keepToken: v.optional(flag('Keep the application token’s file after the enrolment; otherwise it is erased.'), false),
  tags: v.optional(textList('More tags of the new device, each key=value.', { min: 0, max: 20, textMax: 256 }), []),
});

/** The section `losant`. */
export const losantSchema = section('Losant: state and positions up, commands down.', {
  apiUrl: v.optional(httpsUrl('REST API.'), 'https://api.losant.com'),
  broker: v.optional(
    text('MQTT broker, always with TLS.', { max: 260, rule: HOST_AND_PORT, is: 'host:port' }),
    'broker.losant.com:8883',
  ),
  transport: v.optional(
    choice(['mqtt', 'rest'], 'mqtt: a session. rest: single requests, for gateways that report every few minutes.'),
    'mqtt',
  ),
  applicationId: v.exactOptional(hexId('Application; needed for REST, and to fetch missed commands.')),
  deviceId: v.exactOptional(hexId('Device; without it the device is enrolled.')),
  accessKey: v.exactOptional(secretRef('Where the access key is. Portal: Security, Access Keys.')),
  accessSecret: v.exactOptional(secretRef('Where its secret is.')),
  applicationToken: v.exactOptional(
    secretRef('Where an application API token is: rest without an access key. Portal: Security, API Tokens.'),
  ),
  applicationTokenExpires: v.exactOptional(
    text('Day that token ends, where it has an end; it cannot be read from the token for certain.', {
      max: 10,
      rule: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
      is: 'a day such as 2026-01-31',
    }),
  ),
  enrol: v.exactOptional(enrolSchema),
  keepaliveSeconds: v.optional(whole(10, 1200, 'MQTT keep-alive.'), 60),
  caFile: v.exactOptional(file('PEM file of the authorities that may sign the certificates of these hosts.')),
  stateSeconds: v.optional(whole(10, 86_400, 'How often the gateway’s own state is said.'), 300),
  catchUp: v.optional(flag('Fetch the commands sent while the session was down.'), true),
});

export const CLOUD_COMMANDS = [
  'report-status',
  'resubscribe',
  'renew-identity',
  'recover',
  'set-report-interval',
] as const;

/** The section `commands`. */
export const commandsSchema = section('What a cloud may ask of the gateway.', {
  allow: v.optional(
    textList(`Commands that are run: ${CLOUD_COMMANDS.join(', ')}. Any other is answered with a refusal.`, {
      min: 0,
      max: CLOUD_COMMANDS.length,
      textMax: 32,
    }),
    ['report-status', 'resubscribe', 'set-report-interval'],
  ),
  maxPerMinute: v.optional(whole(1, 60, 'More are refused.'), 6),
  expireSeconds: v.optional(whole(10, 86_400, 'Older ones are refused.'), 3600),
  maxRung: v.optional(
    choice(
      ['resubscribe', 'session', 'road', 'bearer', 'registration', 'radio'],
      'Furthest rung the command recover may ask for.',
    ),
    'session',
  ),
});
