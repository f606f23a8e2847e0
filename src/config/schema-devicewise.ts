// The section `deviceWise`: one app token, and the gateway appears in the portal, by its module's own client or by itself.
import * as v from 'valibot';
import { choice, flag, section, text, whole } from './schema-parts.js';
import { file, HOST_AND_PORT, httpsUrl, secretRef } from './schema-values.js';

const THING_KEY = /^[A-Za-z0-9_-]{1,64}$/;

const moduleSchema = section('The module road: the module’s own client (AT#DW…), Telit only.', {
  deviceId: v.optional(choice(['imei', 'iccid'], 'Thing key the module signs in with.'), 'imei'),
  autoReconnect: v.optional(
    whole(
      0,
      3,
      'Who connects again. 0: this gateway, with growing pauses. 1 hourly, 2 every two minutes for a day and then hourly, 3 every two minutes: the module by itself.',
    ),
    0,
  ),
  overflow: v.optional(choice(['fifo', 'lifo'], 'Which message is dropped when the module’s inbox is full.'), 'fifo'),
  atInstance: v.optional(whole(0, 4, 'AT instance the module runs remote commands on.'), 4),
  serviceTimeoutSeconds: v.optional(whole(1, 120, 'How long the module waits for the server, seconds.'), 5),
  remoteAt: v.optional(flag('Let the cloud run any AT command on the module (AT#DWEN).'), false),
  pollSeconds: v.optional(whole(5, 600, 'How often the module is asked whether it is still connected.'), 30),
});

const gatewaySchema = section('The gateway road: TR50 over MQTT or HTTPS from this gateway.', {
  transport: v.optional(
    choice(
      ['auto', 'mqtt', 'http'],
      'auto: MQTT, and single requests over HTTPS while its port is blocked. mqtt, http: that one alone.',
    ),
    'auto',
  ),
  server: v.exactOptional(
    text('Server and port where they differ from those above.', { max: 260, rule: HOST_AND_PORT, is: 'host:port' }),
  ),
  httpUrl: v.exactOptional(httpsUrl('deviceWISE over HTTPS; otherwise https://, the server, /api.')),
  thingKey: v.exactOptional(
    text('Key of the thing in the portal; without it the IMEI of the module.', {
      max: 64,
      rule: THING_KEY,
      is: 'at most 64 letters, digits, hyphens and underscores',
    }),
  ),
  applicationId: v.optional(
    choice(
      ['own', 'imei'],
      'own: made once and kept. imei: for a thing that was first connected by its module, which binds it to its IMEI.',
    ),
    'own',
  ),
  compress: v.optional(flag('Deflate longer requests.'), false),
  maxRequestBytes: v.optional(whole(1024, 262_144, 'Longest request over MQTT.'), 32_768),
  pollSeconds: v.optional(whole(10, 3600, 'How often methods are asked for over HTTPS, which has no push.'), 60),
});

/** The section `deviceWise`. */
export const deviceWiseSchema = section(
  'Telit deviceWISE: positions and state up, methods down; by the module’s own client or by this gateway.',
  {
    road: v.optional(
      choice(
        ['auto', 'module', 'gateway'],
        'Who speaks to deviceWISE. auto: the module where it has a client, otherwise this gateway.',
      ),
      'auto',
    ),
    server: text('Server and port, as the portal shows them (Developer).', {
      max: 260,
      rule: HOST_AND_PORT,
      is: 'host:port with an explicit port, such as api-de.devicewise.com:8883',
    }),
    appToken: secretRef('Where the app token is. Portal: Developer, App Tokens.'),
    security: v.optional(choice(['tls', 'none'], 'none: everything in the clear, the app token included.'), 'tls'),
    caFile: v.exactOptional(
      file('PEM file of the authorities that may sign the server’s certificate; the module is given the first one.'),
    ),
    heartbeatSeconds: v.optional(whole(10, 65_535, 'Pause between keep-alives, seconds.'), 60),
    module: v.optional(moduleSchema, {}),
    gateway: v.optional(gatewaySchema, {}),
    stateSeconds: v.optional(whole(10, 86_400, 'How often the gateway’s own state is said.'), 300),
    cellSeconds: v.optional(
      whole(0, 86_400, 'How often the cell is told while nobody knows a position, for the cloud to look up; 0: never.'),
      900,
    ),
    maxCallsPerSecond: v.optional(whole(1, 100, 'Requests a second at most.'), 10),
  },
);
