// The section of the configuration for the operator's own broker, where the gateway says how it is.
import * as v from 'valibot';
import { choice, flag, section, text, whole } from './schema-parts.js';
import { file, HOST_AND_PORT, secretRef } from './schema-values.js';

/** One level of a topic: no separator, no wildcard. */
export const GATEWAY_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const TOPIC_PREFIX = /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+){0,7}$/;

/** The section `fleet`. */
export const fleetSchema = section('The operator’s own MQTT broker: how this gateway is, and whether it lives.', {
  broker: text('Broker and port.', {
    max: 260,
    rule: HOST_AND_PORT,
    is: 'host:port with an explicit port, such as fleet.example.com:8883',
  }),
  security: v.optional(choice(['tls', 'none'], 'none: everything in the clear, the password included.'), 'tls'),
  caFile: v.exactOptional(file('PEM file of the authorities that may sign the broker’s certificate.')),
  user: v.exactOptional(text('User name at the broker.', { max: 128, is: 'a user name of at most 128 characters' })),
  password: v.exactOptional(secretRef('Where the password is.')),
  certFile: v.exactOptional(file('PEM file of a client certificate.')),
  keyFile: v.exactOptional(file('PEM file of its private key; mode 0600 or 0400, owned by the service user.')),
  name: v.exactOptional(
    text('Name of this gateway in the topics; without it one is made once and kept in the state directory.', {
      max: 64,
      rule: GATEWAY_NAME,
      is: 'at most 64 letters, digits, hyphens, dots and underscores',
    }),
  ),
  topicPrefix: v.optional(
    text('What all topics begin with.', {
      max: 128,
      rule: TOPIC_PREFIX,
      is: 'levels of letters, digits, hyphens, dots and underscores with / between, without wildcards',
    }),
    'waymark',
  ),
  intervalSeconds: v.optional(whole(5, 86_400, 'How often the status is said while nothing changes.'), 60),
  keepaliveSeconds: v.optional(
    whole(10, 3600, 'Pause between keep-alives; the broker says dead after half as much again.'),
    60,
  ),
  position: v.optional(flag('Say where the gateway is, to about a hundred metres.'), true),
  homeAssistant: v.optional(flag('Announce it to Home Assistant by MQTT discovery.'), false),
});
