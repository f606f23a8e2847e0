// The cellular module's section of the configuration.
import * as v from 'valibot';
import { choice, flag, section, text, whole } from './schema-parts.js';
import { HOST_AND_PORT, HOST_ONLY, hostRule, locationTokenFacts, port, secretRef } from './schema-values.js';

/** Printable, but nothing that could end the quotes or the command. */
const AT_TEXT = /^[\u0021\u0023-\u003a\u003c-\u005b\u005d-\u007e]{1,64}$/;
/** 3GPP 23.003: labels of letters, digits and hyphens. Anything else could end the AT command it is put into. */
const APN = /^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,10}$/;

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

const cellLocateSchema = section(
  'Where the gateway is by the cells around it (AT+ULOC). u-blox modules only; a coarse position for the first minutes.',
  {
    token: secretRef('Where the CellLocate token is. Portal: Location Services, Location Tokens.'),
    ...locationTokenFacts,
    primary: v.optional(
      text('First server.', { max: 253, rule: HOST_ONLY, is: hostRule }),
      'cell-live1.services.u-blox.com',
    ),
    secondary: v.optional(
      text('Second server.', { max: 253, rule: HOST_ONLY, is: hostRule }),
      'cell-live2.services.u-blox.com',
    ),
    scan: v.optional(choice(['normal', 'deep'], 'deep: look for more cells; LTE modules know only normal.'), 'normal'),
    timeoutSeconds: v.optional(whole(1, 999, 'Longest wait for a position, seconds.'), 60),
    accuracyM: v.optional(whole(1, 999_999, 'Accuracy that is good enough, metres.'), 1000),
    everyHours: v.optional(
      whole(0, 720, 'How often it is asked again while nobody else knows a position; 0: once a start.'),
      6,
    ),
  },
);

/** The section `modem`. */
export const modemSchema = section(
  'The cellular module. Leave the section out when something else brings the network.',
  {
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
    cellLocate: v.exactOptional(cellLocateSchema),
  },
);
