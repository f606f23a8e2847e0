// Codes of this program, its files, the module and the SIM.
import type { ErrorInfo } from './error-info.js';

export const DEVICE_ERRORS = {
  'core.timeout': { retry: 'backoff', hint: 'Something did not answer in time; it is tried again.', exit: 75 },
  'core.cancelled': { retry: 'never', hint: 'Stopped on request.', exit: 0 },
  'core.internal': { retry: 'backoff', hint: 'A defect in this program: please report it with the log.', exit: 70 },

  'cli.usage': { retry: 'never', hint: 'The usage: add --help to the command.', exit: 64 },
  'config.unreadable': {
    retry: 'never',
    hint: 'Name the configuration file with -c FILE, and check that this user may read it.',
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
  'link.shared': {
    retry: 'backoff',
    hint: 'Another program talks on the same port: stop it, or have it ignore this device.',
    exit: 75,
  },
  'link.permission': {
    retry: 'backoff',
    hint: 'Add the user that runs this to the group that owns the port (usually dialout), then log in or start the service again.',
    exit: 77,
  },
  'link.closed': {
    retry: 'backoff',
    hint: 'The device went away, or its port is just being opened anew; that happens by itself. If it stays so, check cable and power.',
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
    hint: 'The file or variable that should hold the secret is missing or empty: put the secret into it.',
    exit: 78,
  },
  'secret.permission': { retry: 'operator', hint: 'The secret file is readable by others: chmod 600 it.', exit: 77 },
  'secret.malformed': {
    retry: 'operator',
    hint: 'The secret holds characters that do not belong there: check for blanks or quotes.',
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
  'modem.error': {
    retry: 'backoff',
    hint: 'The module refused the command: it may not know it, or not be ready yet (then wait a minute).',
    exit: 75,
  },
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
    hint: 'The port belongs to another kind of device: correct modem.port and gnss.port, or set both to auto.',
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
    hint: 'The SIM is locked by a PIN: put the PIN into a file and name it in modem.sim.pin, or switch the PIN off in a phone.',
    exit: 77,
  },
  'sim.pin-refused': {
    retry: 'operator',
    hint: 'The SIM refused the configured PIN, which is never sent again. Unlock the SIM in a phone, then correct the file that modem.sim.pin names.',
    exit: 77,
  },
  'sim.pin-guarded': {
    retry: 'operator',
    hint: 'The PIN is not tried, so that the SIM cannot be blocked: unlock it in a phone, which also restores its tries.',
    exit: 77,
  },
  'sim.puk': {
    retry: 'operator',
    hint: 'The SIM is blocked and asks for its PUK: unblock it in a phone with the operator’s letter.',
    exit: 77,
  },
  'sim.failure': {
    retry: 'backoff',
    hint: 'The SIM cannot be read: clean its contacts or try another card.',
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
    hint: 'The network refuses this SIM: check the plan, roaming and whether the IMEI is allowed. Once that is right, unplug the module for a moment.',
    exit: 77,
  },
  'network.roaming': {
    retry: 'backoff',
    hint: 'Only a foreign network is in reach and modem.roaming is refused: allow roaming, or check antenna and coverage.',
    exit: 75,
  },
  'network.no-road': {
    retry: 'backoff',
    hint: 'The data connection is up but nothing comes back: check the APN, the plan’s volume and the host’s route.',
    exit: 75,
    rung: 'bearer',
  },
  'network.no-bearer': {
    retry: 'backoff',
    hint: 'Registered but no data connection is active: check the APN and that something brings the data path up.',
    exit: 75,
    rung: 'bearer',
  },
} as const satisfies Record<string, ErrorInfo>;
