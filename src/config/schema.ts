// The configuration, declared once: types, ranges, defaults and meanings. The checks, the JSON Schema for editors and
// docs/reference/config.md are all made from this declaration.
import * as v from 'valibot';
import { LOG_LEVELS } from '../core/index.js';
import { choice, flag, SECRET_REF, section, text, textList, whole } from './schema-parts.js';

/** Where a secret is: `file:PATH` (relative to the configuration file), `env:NAME` or `credential:NAME` (systemd). */
export type SecretRef = `file:${string}` | `env:${string}` | `credential:${string}`;

const HOST = '[A-Za-z0-9][A-Za-z0-9.-]{0,252}';
const hostRule = 'a host name or address without scheme or port';
const HOST_ONLY = new RegExp(`^${HOST}$`);
const HOST_AND_PORT = new RegExp(`^${HOST}:[1-9][0-9]{0,4}$`);
const HTTPS_URL =
  /^https:\/\/[A-Za-z0-9.-]{1,253}(?::[1-9][0-9]{0,4})?(?:\/[^\s#"\\\u0000-\u001f\u007f-\uffff]{0,1024})?$/;
const DEVICE =
  /^(?:auto|\/[^\u0000-\u001f\u007f"]{1,250}|\.{1,2}\/[^\u0000-\u001f\u007f"]{1,250}|tcp:\/\/[A-Za-z0-9.-]{1,253}:[1-9][0-9]{0,4})$/;
/** 3GPP 23.003: labels of letters, digits and hyphens. Anything else could end the AT command it is put into. */
const AT_TEXT = /^[\u0021\u0023-\u003a\u003c-\u005b\u005d-\u007e]{1,64}$/;
const APN = /^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,10}$/;
const ISO_DATE = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?Z)?$/;

const port = (meaning: string) =>
  text(meaning, {
    max: 260,
    rule: DEVICE,
    is: 'auto, a device path such as /dev/serial/by-id/usb-… (or /dev/ttyUSB2), or tcp://host:port',
  });
const secretRef = (meaning: string) =>
  text(meaning, {
    max: 1024,
    rule: SECRET_REF,
    is: 'file:PATH, env:NAME or credential:NAME: the secret itself is never written into this file. Put it into a file of its own (chmod 600) and name that file here',
  }) as unknown as v.GenericSchema<string, SecretRef>;
const file = (meaning: string) => text(meaning, { max: 1024, is: 'the path of a file' });
const directory = (meaning: string) => text(meaning, { max: 1024, is: 'the path of a directory' });

const logSchema = section('What is written to the log (standard output, one JSON object a line).', {
  level: v.optional(choice(LOG_LEVELS, 'Least important level that is written.'), 'info'),
  identifiers: v.optional(
    flag('Write IMEI, ICCID and IMSI in full at debug level; otherwise only their last four characters.'),
    false,
  ),
});

const bearerAuthSchema = section('User and password of the access point, where the plan has them.', {
  method: v.optional(choice(['pap', 'chap'], 'How they are handed over.'), 'chap'),
  user: text('User name.', { max: 64, rule: AT_TEXT, is: 'a name without quotes, semicolons or backslashes' }),
  password: secretRef('Where the password is.'),
});

const simSchema = section('The SIM card.', {
  pin: v.exactOptional(
    secretRef(
      'Where the PIN is. It is sent once to one card, and only while all three tries are left; a refused PIN is never sent again.',
    ),
  ),
});

const probeSchema = section(
  'Looks whether the data connection carries anything. Costs nothing while a session is up.',
  {
    enabled: v.optional(flag('Look at all.'), true),
    target: v.exactOptional(
      text('What is connected to (TCP); without it the gateway’s own service.', {
        max: 260,
        rule: HOST_AND_PORT,
        is: 'host:port',
      }),
    ),
    everySeconds: v.optional(whole(10, 3600, 'Pause between two looks while no session is up, seconds.'), 60),
  },
);

const dataPathSchema = section('How the host gets its network from the module.', {
  kind: v.optional(
    choice(
      ['host', 'ecm'],
      'host: somebody else’s pppd, QMI, MBIM or ECM; only looked at. ecm: switch the module to a USB network card and start it, where its family can.',
    ),
    'host',
  ),
  interface: v.exactOptional(
    text('Network interface of that path, such as wwan0; without it the host’s own routing decides.', {
      max: 15,
      rule: /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,14}$/,
      is: 'the name of a network interface',
    }),
  ),
  probe: v.optional(probeSchema, {}),
});

const bearerSchema = section('The data connection of the module.', {
  mode: v.optional(
    choice(
      ['observe', 'activate'],
      'observe: only look whether it is up, something else dials. activate: define and activate the context named by contextId, and no other.',
    ),
    'observe',
  ),
  contextId: v.optional(whole(1, 16, 'Number of the PDP context (CID).'), 1),
  apn: v.exactOptional(
    text('Access point name of the SIM’s plan; without it the network chooses.', {
      max: 100,
      rule: APN,
      is: 'an access point name: letters, digits, hyphens and dots, at most 100 characters',
    }),
  ),
  ipType: v.optional(choice(['IP', 'IPV6', 'IPV4V6'], 'Kind of addresses asked for.'), 'IPV4V6'),
  auth: v.exactOptional(bearerAuthSchema),
});

const deviceWiseSchema = section('The module’s own deviceWISE client (AT#DWCFG). Telit modules only.', {
  server: text('Server and port of the deviceWISE platform.', {
    max: 260,
    rule: HOST_AND_PORT,
    is: 'host:port with an explicit port, such as api-de.devicewise.com:8883',
  }),
  appToken: secretRef('Where the app token is. Portal: Developer, App Tokens.'),
  deviceId: v.optional(choice(['imei', 'iccid'], 'What the module signs in as.'), 'imei'),
  security: v.optional(choice(['tls', 'none'], 'Secure connection from module to server.'), 'tls'),
  heartbeatSeconds: v.optional(whole(10, 86_400, 'Pause between keep-alives, seconds.'), 60),
  autoReconnect: v.optional(
    whole(
      0,
      3,
      'How the module reconnects by itself: 0 never, 1 hourly, 2 every two minutes for a day and then hourly, 3 every two minutes.',
    ),
    2,
  ),
  overflow: v.optional(choice(['fifo', 'lifo'], 'Which message is dropped when the module’s queue is full.'), 'fifo'),
  atInstance: v.optional(whole(0, 4, 'AT instance the module runs remote commands on.'), 4),
  serviceTimeoutSeconds: v.optional(whole(1, 120, 'How long the module waits for the server, seconds.'), 5),
});

const modemSchema = section('The cellular module. Leave the section out when something else brings the network.', {
  port: v.optional(port('AT port of the module; auto looks for it among the USB ports.'), 'auto'),
  baudRate: v.optional(whole(1200, 4_000_000, 'Line speed; without effect on USB ports.'), 115_200),
  profile: v.optional(
    choice(
      ['auto', 'generic', 'telit', 'ublox', 'quectel', 'simcom'],
      'Command family. The module’s own word wins over a wrong one written here, and status says so.',
    ),
    'auto',
  ),
  commandGapMs: v.optional(whole(0, 1000, 'Pause between an answer and the next command, milliseconds.'), 20),
  pollSeconds: v.optional(whole(5, 3600, 'How often registration and signal are asked for, seconds.'), 15),
  sim: v.optional(simSchema, {}),
  roaming: v.optional(
    choice(['allowed', 'refused'], 'refused: on a foreign network nothing is activated, and status says why.'),
    'allowed',
  ),
  bearer: v.optional(bearerSchema, {}),
  dataPath: v.optional(dataPathSchema, {}),
  deviceWise: v.exactOptional(deviceWiseSchema),
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
});

const ztpSchema = section('Zero touch provisioning: asks Thingstream once for this gateway’s identity.', {
  url: v.optional(
    text('Endpoint shown beside the token on the device profile’s page.', {
      max: 1300,
      rule: HTTPS_URL,
      is: 'an https:// address without user name or fragment',
    }),
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
  certFile: file('PEM file of the client certificate.'),
  keyFile: file('PEM file of its private key; mode 0600 or 0400, owned by the service user.'),
  caFile: v.exactOptional(file('PEM file of the authorities that may sign the broker’s certificate.')),
  clientId: text('MQTT client id that belongs to the certificate.', { max: 128, is: 'a client id' }),
  host: text('Broker.', { max: 253, rule: HOST_ONLY, is: hostRule }),
  port: v.optional(whole(1, 65_535, 'Port of the broker.'), 8883),
  topics: textList('Every topic to subscribe to.', { min: 1, max: 64, textMax: 256 }),
});

const silenceSchema = section('What happens when the session is up but nothing comes.', {
  resubscribeSeconds: v.optional(whole(5, 3600, 'Silence before the topics are asked for again, seconds.'), 30),
  reconnectSeconds: v.optional(whole(10, 7200, 'Silence before a new session is made, seconds.'), 60),
});

const correctionsSchema = section('Corrections from PointPerfect to the receiver. Needs ztp or identity.', {
  source: v.optional(choice(['auto', 'mqtt'], 'auto: as the provisioning answer says.'), 'auto'),
  region: choice(['eu', 'us', 'kr', 'au', 'jp'], 'Where the gateway is; chooses the topics.'),
  caFile: v.exactOptional(file('PEM file of the authorities that may sign the broker’s certificate.')),
  maxAgeSeconds: v.optional(
    whole(1, 120, 'Older corrections are dropped instead of sent to the receiver, seconds.'),
    10,
  ),
  leapSeconds: v.optional(whole(10, 40, 'GPS time minus UTC, seconds; 18 since 2017.'), 18),
  silence: v.optional(silenceSchema, {}),
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
      text('Address to listen on.', { max: 253, rule: /^[A-Za-z0-9.:-]{1,253}$/, is: hostRule }),
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
  clock: v.optional(clockSchema, {}),
  recovery: v.optional(recoverySchema, {}),
  status: v.optional(statusSchema, {}),
});

/** A checked configuration with its defaults filled in; all paths absolute. */
export type Config = v.InferOutput<typeof configSchema>;
