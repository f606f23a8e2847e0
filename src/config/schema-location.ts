// The location services' sections of the configuration: corrections and assistance.
import * as v from 'valibot';
import { choice, decimal, flag, section, text, textList, whole } from './schema-parts.js';
import { file, HOST_ONLY, hostRule, httpsUrl, locationTokenFacts, secretRef } from './schema-values.js';

/** Printable, no colon (it parts user and password) and no blank. */
const USER = /^[!-9;-~]{1,128}$/;
const MOUNT_POINT = /^[A-Za-z0-9._-]{1,100}$/;

const silenceSchema = section('What happens when the session is up but nothing comes.', {
  resubscribeSeconds: v.optional(whole(5, 3600, 'Silence before the topics are asked for again, seconds.'), 30),
  reconnectSeconds: v.optional(whole(10, 7200, 'Silence before a new session is made, seconds.'), 60),
});

const positionSchema = section(
  'Roughly where the gateway is, for the services that must know before the receiver does. A few kilometres are close enough.',
  {
    latitudeDeg: decimal(-90, 90, 'Degrees, north positive.'),
    longitudeDeg: decimal(-180, 180, 'Degrees, east positive.'),
    altitudeM: v.optional(decimal(-500, 9000, 'Metres above the sea.'), 0),
  },
);

const ntripSchema = section(
  'NTRIP. Without a host the caster of the provisioning answer is used; with one any caster, and no provisioning is needed.',
  {
    host: v.exactOptional(text('Caster.', { max: 253, rule: HOST_ONLY, is: hostRule })),
    port: v.exactOptional(
      whole(
        1,
        65_535,
        'Its port; without one 2102 with TLS and 2101 without, or the ports of the provisioning answer.',
      ),
    ),
    tls: v.optional(
      choice(
        ['auto', 'required', 'off'],
        'auto: TLS where the provisioning answer names a port for it and with u-blox’s own casters; plain for a caster named here.',
      ),
      'auto',
    ),
    mountPoint: v.exactOptional(
      text('Mountpoint; needed with host.', {
        max: 100,
        rule: MOUNT_POINT,
        is: 'the name of a mountpoint, without the leading slash: letters, digits, dots, - and _',
      }),
    ),
    userName: v.exactOptional(text('User.', { max: 128, rule: USER, is: 'a user name without colon or blanks' })),
    password: v.exactOptional(secretRef('Where the password is.')),
    protocol: v.optional(
      choice(['auto', '1', '2'], 'NTRIP version; auto speaks 2, and 1 to a caster that knows nothing else. In quotes.'),
      'auto',
    ),
    ggaSeconds: v.optional(whole(0, 60, 'How often our position is sent, seconds; 0: never.'), 10),
    mga: v.optional(
      flag('Fetch assistance data from the mountpoint’s -MGA form before the corrections; each fetch is billed.'),
      false,
    ),
  },
);

/** The section `corrections`. */
export const correctionsSchema = section(
  'Corrections to the receiver: PointPerfect, or any NTRIP caster. Needs ztp or identity, or a caster in ntrip.host.',
  {
    source: v.optional(
      choice(
        ['auto', 'ntrip', 'mqtt'],
        'auto: as the provisioning answer says, NTRIP where it offers both. ntrip, mqtt: this way and no other.',
      ),
      'auto',
    ),
    region: v.optional(
      choice(
        ['auto', 'eu', 'us', 'kr', 'au', 'jp'],
        'Where the gateway is; chooses the MQTT topics. auto: by position.',
      ),
      'auto',
    ),
    regionTable: v.optional(
      choice(['narrow', 'wide'], 'Borders of the regions for auto: land only, or with the waters around.'),
      'wide',
    ),
    localized: v.optional(
      choice(
        ['off', '0', '1', '2', '3', '4', '5'],
        'MQTT: corrections for the surroundings only, by level: tiles of 10, 5 and 2.5 degrees with sparse (0 to 2) or dense nodes (3 to 5). In quotes.',
      ),
      'off',
    ),
    position: v.exactOptional(positionSchema),
    ntrip: v.optional(ntripSchema, {}),
    caFile: v.exactOptional(file('PEM file of the authorities that may sign the broker’s or caster’s certificate.')),
    maxAgeSeconds: v.optional(
      whole(1, 120, 'Older corrections are dropped instead of sent to the receiver, seconds.'),
      10,
    ),
    leapSeconds: v.optional(
      whole(10, 40, 'GPS time minus UTC, seconds, while the receiver has not said it; 18 since 2017.'),
      18,
    ),
    silence: v.optional(silenceSchema, {}),
  },
);

const legacySchema = section('The old AssistNow service, by token. Reported to have ended on 2026-05-31.', {
  token: secretRef('Where the AssistNow token is. Portal: Location Services, Location Tokens.'),
  ...locationTokenFacts,
  service: v.optional(
    choice(['online', 'offline'], 'online: live orbits, good for hours. offline: predicted orbits, good for days.'),
    'online',
  ),
  primary: v.exactOptional(httpsUrl('First server; without it online-live1 or offline-live1.services.u-blox.com.')),
  secondary: v.exactOptional(httpsUrl('Second server, asked when the first cannot be reached.')),
  days: v.optional(whole(1, 35, 'Days of predicted orbits asked for (offline).'), 7),
});

/** The section `assistNow`. */
export const assistNowSchema = section(
  'AssistNow: orbits and time for the receiver, so that its first fix takes seconds. Needs gnss.',
  {
    token: v.exactOptional(
      secretRef('Where the ZTP token of the AssistNow device profile is. Portal: Location Services, Location Things.'),
    ),
    url: v.optional(
      httpsUrl('Endpoint shown beside that token.'),
      'https://api.thingstream.io/ztp/assistnow/credentials',
    ),
    legacy: v.exactOptional(legacySchema),
    caFile: v.exactOptional(file('PEM file of the authorities that may sign the services’ certificates.')),
    constellations: v.optional(
      textList('Satellite systems asked for: gps, glo, gal, bds, qzss.', { min: 1, max: 5, textMax: 4 }),
      ['gps', 'glo', 'gal', 'bds'],
    ),
    predictiveDays: v.optional(
      choice(
        ['0', '1', '3', '7', '14'],
        'Days of predicted orbits kept for times without network; 0: none. In quotes.',
      ),
      '3',
    ),
    live: v.optional(flag('Ask for live orbits where the plan has them.'), true),
  },
);
