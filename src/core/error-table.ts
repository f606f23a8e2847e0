// Every code the program can show, with its cure: the source of exit codes, of the sentence a person reads, and of the
// rung a recovery ladder starts from.

/** What may be done about it without a person: nothing is retried faster than its class allows. */
export type Retry = 'now' | 'backoff' | 'after' | 'never' | 'operator';

/** Where the recovery ladders start (specs: channel ladder, network ladder). */
export type Rung =
  | 'repeat'
  | 'resync'
  | 'reopen'
  | 'module-reset'
  | 'power'
  | 'resubscribe'
  | 'session'
  | 'bearer'
  | 'registration'
  | 'radio';

export interface ErrorInfo {
  retry: Retry;
  /** One sentence for the person at the device. */
  hint: string;
  /** Exit code when a one-shot verb ends with it (default 70). */
  exit?: number;
  rung?: Rung;
}

/** This program, its files, the module and the SIM. */
const DEVICE_ERRORS = {
  'core.timeout': { retry: 'backoff', hint: 'Something did not answer in time; it is tried again.', exit: 75 },
  'core.cancelled': { retry: 'never', hint: 'Stopped on request.', exit: 0 },
  'core.internal': { retry: 'backoff', hint: 'A defect in this program: please report it with the log.', exit: 70 },

  'cli.usage': { retry: 'never', hint: 'See `waymark --help`.', exit: 64 },
  'config.unreadable': {
    retry: 'never',
    hint: 'Check the path and the permissions of the configuration file.',
    exit: 78,
  },
  'config.invalid': {
    retry: 'never',
    hint: 'Correct the lines named above; `waymark config check` tests a file.',
    exit: 78,
  },

  'link.absent': {
    retry: 'backoff',
    hint: 'The device is not plugged in, or its name has changed: look in /dev/serial/by-id.',
    exit: 69,
    rung: 'reopen',
  },
  'link.driver': {
    retry: 'operator',
    hint: 'The serial driver of this program does not load on this system: reinstall it for this processor.',
    exit: 70,
  },
  'link.busy': {
    retry: 'backoff',
    hint: 'Another program holds the port (often ModemManager): stop it or have it ignore this device.',
    exit: 75,
    rung: 'reopen',
  },
  'link.permission': {
    retry: 'backoff',
    hint: 'Add the service user to the group that owns the port (usually dialout).',
    exit: 77,
  },
  'link.closed': {
    retry: 'backoff',
    hint: 'The device went away; it is opened again when it is back.',
    exit: 75,
    rung: 'reopen',
  },
  'link.stalled': {
    retry: 'backoff',
    hint: 'The device takes no more bytes: check flow control and cabling.',
    exit: 75,
    rung: 'reopen',
  },

  'vault.unreadable': {
    retry: 'operator',
    hint: 'The state directory is damaged; the bad file is kept under corrupt/.',
    exit: 74,
  },
  'vault.busy': {
    retry: 'backoff',
    hint: 'Another agent uses this state directory: stop it, or give this one its own stateDir.',
    exit: 75,
  },
  'vault.permission': {
    retry: 'operator',
    hint: 'The state directory must belong to the service user, mode 0700.',
    exit: 77,
  },
  'vault.write': {
    retry: 'backoff',
    hint: 'The state could not be written: check free space and that the file system is not read-only.',
    exit: 74,
  },
  'secret.absent': {
    retry: 'operator',
    hint: 'The file or variable that should hold the secret is missing or empty.',
    exit: 78,
  },
  'secret.permission': { retry: 'operator', hint: 'The secret file is readable by others: chmod 600 it.', exit: 77 },
  'secret.malformed': {
    retry: 'operator',
    hint: 'The secret holds characters that no token has: check for blanks or quotes.',
    exit: 78,
  },
  'credential.refused': {
    retry: 'operator',
    hint: 'The provider refuses this credential: `waymark token list` says what to do about it.',
    exit: 77,
  },
  'credential.expired': {
    retry: 'operator',
    hint: 'This credential has ended: replace it, and check the clock if that seems wrong.',
    exit: 77,
  },

  'modem.timeout': {
    retry: 'backoff',
    hint: 'The module did not answer: check power and cabling; it is woken by itself.',
    exit: 75,
    rung: 'resync',
  },
  'modem.error': { retry: 'backoff', hint: 'The module refused the command.', exit: 75 },
  'modem.reset': {
    retry: 'now',
    hint: 'The module restarted by itself: check its power supply at transmit peaks.',
    exit: 75,
    rung: 'repeat',
  },
  'modem.desync': {
    retry: 'backoff',
    hint: 'The module’s answers do not belong to our commands: another program may be talking on the port.',
    exit: 75,
    rung: 'resync',
  },
  'modem.busy': {
    retry: 'backoff',
    hint: 'Too many commands wait for the module already; this one was not taken.',
    exit: 75,
  },
  'modem.injection': {
    retry: 'never',
    hint: 'A value holds characters that must not reach an AT line; correct it in the configuration.',
    exit: 78,
  },
  'modem.overflow': {
    retry: 'backoff',
    hint: 'The device sends without line ends: check the baud rate and that this is the right port.',
    exit: 75,
    rung: 'reopen',
  },
  'modem.wrong-device': {
    retry: 'operator',
    hint: 'The port belongs to another kind of device: check modem.port and gnss.port.',
    exit: 78,
  },
  'modem.unsupported': {
    retry: 'operator',
    hint: 'The module does not know this command; its family or firmware lacks the feature.',
    exit: 78,
  },
  'sim.absent': { retry: 'operator', hint: 'Insert the SIM (contacts down) and check the tray.', exit: 69 },
  'sim.pin': {
    retry: 'operator',
    hint: 'The SIM is locked by a PIN: unlock it in a phone and switch its PIN off.',
    exit: 77,
  },
  'sim.puk': {
    retry: 'operator',
    hint: 'The SIM is blocked and asks for its PUK: unblock it in a phone with the operator’s letter.',
    exit: 77,
  },
  'sim.failure': {
    retry: 'backoff',
    hint: 'The SIM does not answer: clean the contacts or try another card.',
    exit: 75,
  },
  'network.searching': {
    retry: 'backoff',
    hint: 'No network yet: check the antenna and the coverage.',
    exit: 75,
    rung: 'registration',
  },
  'network.denied': {
    retry: 'operator',
    hint: 'The network refuses this SIM: check the plan, roaming and whether the IMEI is allowed.',
    exit: 77,
  },
  'network.no-bearer': {
    retry: 'backoff',
    hint: 'Registered but no data connection is active: check the APN and that something brings the data path up.',
    exit: 75,
    rung: 'bearer',
  },
} as const satisfies Record<string, ErrorInfo>;

/** Clock, network, services and the receiver. */
const FAR_ERRORS = {
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
    hint: 'This hardware code is in use: in the device profile set “If the device already exists” to “Return existing device details”, or free the hardware code.',
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
    hint: 'The provisioning service refuses this device: check the device profile. Things made with a promo code cannot use ZTP: use the u-center JSON file.',
    exit: 77,
  },
  'ztp.invalid-request': {
    retry: 'operator',
    hint: 'The provisioning service finds the request malformed: check hardwareId, givenName and the endpoint URL.',
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
    hint: 'The plan of this Thing delivers in a way this version does not use yet.',
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
  'corrections.silent': {
    retry: 'backoff',
    hint: 'The session is up but no corrections arrive: check plan and region.',
    exit: 75,
    rung: 'resubscribe',
  },
  'corrections.no-topic': {
    retry: 'operator',
    hint: 'No correction topic for this region in the provisioning answer: check corrections.region and the plan.',
    exit: 78,
  },

  'gnss.silent': {
    retry: 'backoff',
    hint: 'The receiver sends nothing: check power, port and baud rate.',
    exit: 75,
    rung: 'reopen',
  },
  'demo.port': {
    retry: 'operator',
    hint: 'A simulated cloud cannot have that port: choose another with `--port NAME=N`, or 0 for any free one.',
    exit: 75,
  },
  'status.unavailable': {
    retry: 'backoff',
    hint: 'No agent is running here (or its runtime directory is elsewhere): start `waymark run`.',
    exit: 75,
  },
} as const satisfies Record<string, ErrorInfo>;

/** Every code the program can show. */
export const ERRORS = { ...DEVICE_ERRORS, ...FAR_ERRORS };
