// Codes of clock, network, services and the receiver.
import type { ErrorInfo } from './error-info.js';

export const FAR_ERRORS = {
  'clock.untrusted': {
    retry: 'backoff',
    hint: 'The date is not known yet, so no secure connection is tried: wait for the network or GNSS time.',
    exit: 75,
  },
  'net.dns': {
    retry: 'backoff',
    hint: 'The name could not be resolved: check the network and the host name.',
    exit: 75,
    rung: 'session',
  },
  'net.unreachable': {
    retry: 'backoff',
    hint: 'The server cannot be reached: check the network and any firewall.',
    exit: 75,
    rung: 'session',
  },
  'net.refused': { retry: 'backoff', hint: 'The server refuses connections on that port.', exit: 75, rung: 'session' },
  'net.closed': { retry: 'backoff', hint: 'The connection was lost; a new one is made.', exit: 75, rung: 'session' },
  'tls.untrusted': {
    retry: 'operator',
    hint: 'The server’s certificate is not signed by a known authority: check caFile, or somebody is in between.',
    exit: 77,
  },
  'tls.name': {
    retry: 'operator',
    hint: 'The server’s certificate is for another name: check the host in the configuration.',
    exit: 77,
  },
  'tls.expired': {
    retry: 'backoff',
    hint: 'The server’s certificate is outside its dates: check the clock first.',
    exit: 75,
  },
  'tls.client-refused': {
    retry: 'operator',
    hint: 'The server refuses our certificate: it may be revoked or from another account; provisioning renews it.',
    exit: 77,
  },
  'tls.failed': { retry: 'backoff', hint: 'The secure connection could not be set up.', exit: 75, rung: 'session' },
  'http.status': { retry: 'backoff', hint: 'The server answered with an error; it is tried again later.', exit: 75 },
  'http.malformed': {
    retry: 'backoff',
    hint: 'The answer is not what this service sends: a captive portal or proxy may be in between.',
    exit: 75,
  },
  'http.too-large': {
    retry: 'backoff',
    hint: 'The answer is larger than this service sends; nothing of it was kept.',
    exit: 75,
  },
  'http.redirect': {
    retry: 'operator',
    hint: 'The server wants to send us elsewhere; credentials are never forwarded: correct the URL.',
    exit: 78,
  },

  'ztp.token-format': {
    retry: 'operator',
    hint: 'The ZTP token must be the 36-character lower-case UUID from the device profile page in the Thingstream portal.',
    exit: 78,
  },
  'ztp.unauthorized': {
    retry: 'operator',
    hint: 'The ZTP token is not accepted: copy token and endpoint again from the device profile page in the Thingstream portal.',
    exit: 77,
  },
  'ztp.already-registered': {
    retry: 'operator',
    hint: 'This hardware code is in use: in the device profile set “If the device already exists” to “Return existing device details”, or free the hardware code. A Thing made with a promo code cannot use ZTP: name its u-center JSON file in identity.ucenterConfigFile.',
    exit: 77,
  },
  'ztp.no-plan': {
    retry: 'operator',
    hint: 'The Thing is deactivated or has no plan: activate it on its page in the Thingstream portal.',
    exit: 77,
  },
  'ztp.not-listed': {
    retry: 'operator',
    hint: 'The hardware code is not on the profile’s allow list: add it in the Thingstream portal.',
    exit: 77,
  },
  'ztp.refused': {
    retry: 'operator',
    hint: 'The provisioning service refuses this device: check the device profile. A Thing made with a promo code cannot use ZTP: name its u-center JSON file in identity.ucenterConfigFile.',
    exit: 77,
  },
  'ztp.invalid-request': {
    retry: 'operator',
    hint: 'The provisioning service finds the request malformed: check ztp.hardwareId and ztp.givenName, and that ztp.url is the endpoint shown beside the token in the Thingstream portal (Device Profiles, then the profile’s ZTP page).',
    exit: 78,
  },
  'ztp.weather': {
    retry: 'backoff',
    hint: 'The provisioning service is not available; it is asked again later.',
    exit: 75,
  },
  'ztp.incomplete': {
    retry: 'backoff',
    hint: 'The service is still activating this device; if it stays so, activate the Thing in the portal (Auto Activate may be off).',
    exit: 75,
  },
  'ztp.not-activated': {
    retry: 'operator',
    hint: 'The service knows this device but never activates it: activate the Thing on its page in the Thingstream portal, or switch Auto Activate on in the device profile.',
    exit: 77,
  },
  'ztp.malformed': {
    retry: 'backoff',
    hint: 'The provisioning answer cannot be used and nothing of it was kept: a captive portal or proxy may be in between.',
    exit: 75,
  },
  'ztp.budget': {
    retry: 'after',
    hint: 'Provisioning is limited to one call an hour and four a day, because calls may be billed.',
    exit: 75,
  },
  'ztp.unsupported-plan': {
    retry: 'operator',
    hint: 'The plan of this Thing delivers in another way than corrections.source asks for: set corrections.source to auto, or choose another plan in the Thingstream portal.',
    exit: 78,
  },
  'identity.invalid': {
    retry: 'operator',
    hint: 'Certificate and key do not belong together or are outside their dates: provision again or correct the files.',
    exit: 78,
  },

  'mqtt.refused': {
    retry: 'operator',
    hint: 'The broker refuses this client: the credential may be revoked or belong to another client id.',
    exit: 77,
  },
  'mqtt.unavailable': {
    retry: 'backoff',
    hint: 'The broker is not ready; it is tried again.',
    exit: 75,
    rung: 'session',
  },
  'mqtt.closed': { retry: 'backoff', hint: 'The session ended; a new one is made.', exit: 75, rung: 'session' },
  'mqtt.taken-over': {
    retry: 'backoff',
    hint: 'Another client uses the same client id: only one gateway may use an identity.',
    exit: 75,
  },
  'mqtt.not-granted': {
    retry: 'operator',
    hint: 'The broker does not grant a topic: check the region and the plan.',
    exit: 77,
  },
  'mqtt.packet-too-large': {
    retry: 'backoff',
    hint: 'The broker announced a packet beyond any this service sends; the connection was dropped.',
    exit: 75,
  },

  'gnss.silent': {
    retry: 'backoff',
    hint: 'The receiver sends nothing: check power, port and baud rate.',
    exit: 75,
    rung: 'reopen',
  },
  'gnss.wrong-device': {
    retry: 'operator',
    hint: 'The port belongs to another kind of device: correct gnss.port and modem.port, or set both to auto.',
    exit: 78,
  },
  'demo.port': {
    retry: 'operator',
    hint: 'A simulated cloud cannot have that port: choose another with `--port NAME=N`, or 0 for any free one.',
    exit: 75,
  },
  'status.unavailable': {
    retry: 'backoff',
    hint: 'No agent is running here (or its runtime directory is elsewhere): `systemctl status waymark` tells why; by hand, start `waymark run`.',
    exit: 75,
  },
} as const satisfies Record<string, ErrorInfo>;
