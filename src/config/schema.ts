// The configuration, declared once: types, ranges, defaults and meanings. The checks, the JSON Schema for editors and
// docs/reference/config.md are all made from this declaration.
import * as v from 'valibot';
import { LOG_LEVELS } from '../core/index.js';
import { commandsSchema, locationSchema, losantSchema, outboxSchema, thingspaceSchema } from './schema-clouds.js';
import { dataBudgetSchema } from './schema-data.js';
import { deviceWiseSchema } from './schema-devicewise.js';
import { fleetSchema } from './schema-fleet.js';
import { assistNowSchema, correctionsSchema } from './schema-location.js';
import { modemSchema } from './schema-modem.js';
import { choice, flag, section, text, textList, whole } from './schema-parts.js';
import { directory, file, HOST_ONLY, hostRule, httpsUrl, port, secretRef } from './schema-values.js';

export type { SecretRef } from './schema-values.js';

const ISO_DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?Z)?$/;

const logSchema = section('What is written to the log (standard output, one JSON object a line).', {
  level: v.optional(choice(LOG_LEVELS, 'Least important level that is written.'), 'info'),
  identifiers: v.optional(
    flag('Write IMEI, ICCID and IMSI in full at debug level; otherwise only their last four characters.'),
    false,
  ),
});

const gnssSchema = section('The GNSS receiver. Leave the section out when there is none.', {
  port: v.optional(port('Port of the receiver; auto looks for it among the USB ports.'), 'auto'),
  baudRate: v.optional(whole(1200, 4_000_000, 'Line speed; without effect on USB ports.'), 38_400),
  protocol: v.optional(choice(['ubx', 'nmea'], 'ubx: u-blox, takes corrections. nmea: positions only.'), 'ubx'),
  silentAfterSeconds: v.optional(
    whole(0, 3600, 'Nothing from the receiver for this long reopens the port; 0: never, for one-way wiring.'),
    15,
  ),
  configure: v.optional(
    flag('Switch on the messages needed, in the receiver’s RAM only; false leaves the receiver as it is.'),
    true,
  ),
  save: v.optional(flag('Keep that configuration in the receiver’s battery-backed memory and flash, too.'), false),
  baudSearch: v.optional(
    flag('Try the usual line speeds when nothing understandable comes at baudRate; never on USB ports.'),
    true,
  ),
});

const ztpSchema = section('Zero touch provisioning: asks Thingstream once for this gateway’s identity.', {
  url: v.optional(
    httpsUrl('Endpoint shown beside the token on the device profile’s page.'),
    'https://api.thingstream.io/ztp/pointperfect/credentials',
  ),
  token: secretRef('Where the ZTP token is. Portal: Location Services, Location Things, Device Profiles.'),
  hardwareId: v.optional(
    text('Stable name of this hardware; auto: the module’s IMEI, without a module the MAC address. It is kept.', {
      max: 64,
      rule: /^[!-~]{1,64}$/,
      is: 'at most 64 printable characters without blanks',
    }),
    'auto',
  ),
  givenName: v.exactOptional(
    text('Display name of the Thing in the portal.', { max: 49, is: 'a name of at most 49 characters' }),
  ),
  tags: v.optional(textList('Tags of the Thing in the portal.', { min: 0, max: 10, textMax: 64 }), ['ztp']),
  caFile: v.exactOptional(file('PEM file of the authorities that may sign the endpoint’s certificate.')),
});

const identitySchema = section('A ready-made identity, instead of ztp (a private broker, or files from the portal).', {
  ucenterConfigFile: v.exactOptional(
    file(
      'The u-center configuration (JSON) that the portal gives for a Thing, also one made with a promo code; mode 0600 or 0400. It replaces every other key here.',
    ),
  ),
  certFile: v.exactOptional(file('PEM file of the client certificate.')),
  keyFile: v.exactOptional(file('PEM file of its private key; mode 0600 or 0400, owned by the service user.')),
  caFile: v.exactOptional(file('PEM file of the authorities that may sign the broker’s certificate.')),
  clientId: v.exactOptional(text('MQTT client id that belongs to the certificate.', { max: 128, is: 'a client id' })),
  host: v.exactOptional(text('Broker.', { max: 253, rule: HOST_ONLY, is: hostRule })),
  port: v.optional(whole(1, 65_535, 'Port of the broker.'), 8883),
  topics: v.exactOptional(textList('Every topic to subscribe to.', { min: 1, max: 64, textMax: 256 })),
});

const clockSchema = section('When the date is believed. Nothing secure is tried before.', {
  floor: v.exactOptional(
    text('The date cannot be before this day.', {
      max: 32,
      rule: ISO_DATE,
      is: 'a date such as 2026-01-31 or 2026-01-31T00:00:00Z',
    }),
  ),
  requireSync: v.optional(flag('Wait for the network’s or the receiver’s time even if the date looks right.'), false),
});

const recoverySchema = section('How far the gateway goes by itself when the module does not answer.', {
  moduleReset: v.optional(flag('Restart the module by its own command when reopening the port did not help.'), true),
  power: v.exactOptional(
    choice(
      ['off', 'command', 'sysfs', 'uhubctl'],
      'How the module’s power is cut; without it command if there is a powerHook, else off. command: powerHook. sysfs: its USB device is switched off and on. uhubctl: its hub port, where the hub can.',
    ),
  ),
  powerHook: v.exactOptional(
    textList('Program and arguments that cut and restore the module’s power.', {
      min: 1,
      max: 16,
      textMax: 1024,
      is: 'a list: [/absolute/program, argument, …]',
    }),
  ),
  maxResetsPerHour: v.optional(whole(0, 60, 'Module restarts allowed in an hour.'), 3),
  maxPowerCyclesPerHour: v.optional(whole(0, 60, 'Power cuts allowed in an hour.'), 2),
  giveBack: v.optional(
    flag(
      'End with exit code 75 when every means was tried and nothing is served, so that the service manager starts anew; at most once in six hours.',
    ),
    true,
  ),
});

const httpSchema = section(
  'Status page and API over TCP. Off when this section is absent; the socket is always there.',
  {
    host: v.optional(
      text('Address to listen on. One that others in the network reach (0.0.0.0) shows only, and in the clear.', {
        max: 253,
        rule: /^[A-Za-z0-9.:-]{1,253}$/,
        is: hostRule,
      }),
      '127.0.0.1',
    ),
    port: whole(0, 65_535, 'Port to listen on; 0 takes any free one.'),
  },
);

const statusSchema = section('Who may look.', {
  socketMode: v.optional(
    choice(['0600', '0660'], 'Mode of the status socket: 0660 lets the service user’s group in. Write it in quotes.'),
    '0600',
  ),
  http: v.exactOptional(httpSchema),
});

/** The whole file. */
export const configSchema = section('Configuration of a Waymark gateway.', {
  version: v.pipe(v.literal(1, 'must be 1'), v.description('Version of this file’s layout.')),
  stateDir: v.optional(
    directory('Where identity and state are kept; mode 0700, owned by the service user.'),
    '/var/lib/waymark',
  ),
  runtimeDir: v.optional(directory('Where the status socket is.'), '/run/waymark'),
  log: v.optional(logSchema, {}),
  modem: v.exactOptional(modemSchema),
  gnss: v.exactOptional(gnssSchema),
  ztp: v.exactOptional(ztpSchema),
  identity: v.exactOptional(identitySchema),
  corrections: v.exactOptional(correctionsSchema),
  assistNow: v.exactOptional(assistNowSchema),
  location: v.optional(locationSchema, {}),
  outbox: v.optional(outboxSchema, {}),
  thingspace: v.exactOptional(thingspaceSchema),
  losant: v.exactOptional(losantSchema),
  deviceWise: v.exactOptional(deviceWiseSchema),
  fleet: v.exactOptional(fleetSchema),
  commands: v.optional(commandsSchema, {}),
  clock: v.optional(clockSchema, {}),
  recovery: v.optional(recoverySchema, {}),
  status: v.optional(statusSchema, {}),
  dataBudget: v.optional(dataBudgetSchema, {}),
});

/** A checked configuration with its defaults filled in; all paths absolute. */
export type Config = v.InferOutput<typeof configSchema>;
