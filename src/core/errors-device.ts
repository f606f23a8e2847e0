// Codes of this program, its files, the module and the SIM.
import type { ErrorInfo } from './error-info.js';

export const DEVICE_ERRORS = {
  'core.timeout': {
    means: 'A step of the program was given a time and took longer.',
    retry: 'backoff',
    hint: 'Something did not answer in time; it is tried again.',
    exit: 75,
  },
  'core.cancelled': {
    means: 'The step was given up because the program stops or something else made it needless; nothing is wrong.',
    retry: 'never',
    hint: 'Stopped on request.',
    exit: 0,
  },
  'core.internal': {
    means: 'The program met something it was not written for; the part concerned is started anew.',
    retry: 'backoff',
    hint: 'A defect in this program: please report it with the log.',
    exit: 70,
  },

  'cli.usage': {
    means: 'The command line holds a verb, a flag or a value that does not exist or does not fit.',
    retry: 'never',
    hint: 'The usage: add --help to the command.',
    exit: 64,
  },
  'config.unreadable': {
    means: 'The configuration file does not exist or cannot be opened.',
    retry: 'never',
    hint: 'Name the configuration file with -c FILE. That of the service is read by root and by the service’s user, so put `sudo -u waymark` before the command.',
    exit: 78,
  },
  'config.invalid': {
    means: 'The configuration file was read, and at least one line of it cannot be used.',
    retry: 'never',
    hint: 'Correct the lines named above; `waymark config check` tests a file.',
    exit: 78,
  },

  'link.absent': {
    means: 'The port that should be used does not exist at the moment.',
    retry: 'backoff',
    hint: 'The device is not plugged in, or its name has changed: look in /dev/serial/by-id.',
    exit: 69,
    rung: 'reopen',
  },
  'link.driver': {
    means: 'The native part of the serial driver could not be loaded, so no port can be opened at all.',
    retry: 'operator',
    hint: 'The serial driver of this program does not load on this system: reinstall it for this processor.',
    exit: 70,
  },
  'link.busy': {
    means: 'The port exists and cannot be opened, because another program holds it.',
    retry: 'backoff',
    hint: 'Another program holds the port (often ModemManager): stop it or have it ignore this device.',
    exit: 75,
    rung: 'reopen',
  },
  'link.shared': {
    means:
      'The port is ours, and another program has it open at the same time: each takes answers meant for the other.',
    retry: 'backoff',
    hint: 'Another program talks on the same port: stop it, or have it ignore this device.',
    exit: 75,
  },
  'link.permission': {
    means: 'The port exists, and the user that runs the program may not open it.',
    retry: 'backoff',
    hint: 'Add the user that runs this to the group that owns the port (usually dialout), then log in or start the service again.',
    exit: 77,
  },
  'link.closed': {
    means: 'The port was open and then hung up: unplugged, switched off, restarted, or closed to be opened anew.',
    retry: 'backoff',
    hint: 'The device went away, or its port is just being opened anew; that happens by itself. If it stays so, check cable and power.',
    exit: 75,
    rung: 'reopen',
  },
  'link.stalled': {
    means: 'Bytes written to the port are not taken within the time they should need.',
    retry: 'backoff',
    hint: 'The device takes no more bytes: check flow control and cabling.',
    exit: 75,
    rung: 'reopen',
  },

  'vault.unreadable': {
    means: 'A file with durable state (identity, tokens, budgets) fails its check in both of its copies.',
    retry: 'operator',
    hint: 'The state directory is damaged; the bad file is kept under corrupt/.',
    exit: 74,
  },
  'vault.busy': {
    means: 'Another running agent has locked the state directory.',
    retry: 'backoff',
    hint: 'Another agent uses this state directory: stop it, or give this one its own stateDir.',
    exit: 75,
  },
  'vault.permission': {
    means: 'The state or runtime directory, or a file in it, does not belong to this user or is open to others.',
    retry: 'operator',
    hint: 'The state directory must belong to the service user, mode 0700.',
    exit: 77,
  },
  'vault.write': {
    means: 'Writing durable state failed, usually for want of space or because the disk has become read-only.',
    retry: 'backoff',
    hint: 'The state could not be written: check free space and that the file system is not read-only.',
    exit: 74,
  },
  'secret.absent': {
    means:
      'A secret reference of the configuration leads to nothing: no such file, credential or variable, or an empty one.',
    retry: 'operator',
    hint: 'The file or variable that should hold the secret is missing or empty: put the secret into it.',
    exit: 78,
  },
  'secret.permission': {
    means: 'A file with a secret may be read by other users, so it is not used.',
    retry: 'operator',
    hint: 'The secret file is readable by others: chmod 600 it.',
    exit: 77,
  },
  'secret.malformed': {
    means:
      'The secret was read, and holds something no such secret has: blanks, quotes, several lines, or too many characters.',
    retry: 'operator',
    hint: 'The secret holds characters that do not belong there: check for blanks or quotes.',
    exit: 78,
  },
  'credential.refused': {
    means:
      'A provider has said no to a credential; it is held back until a person acts, because trying again could lock the account.',
    retry: 'operator',
    hint: 'The provider refuses this credential: `waymark token list` says what to do about it.',
    exit: 77,
  },
  'credential.expired': {
    means: 'The end date of a credential has passed.',
    retry: 'operator',
    hint: 'This credential has ended: replace it, and check the clock if that seems wrong.',
    exit: 77,
  },

  'modem.timeout': {
    means: 'The module was asked something over its AT port and gave no answer within the time of that command.',
    retry: 'backoff',
    hint: 'The module did not answer: check power and cabling; it is woken by itself.',
    exit: 75,
    rung: 'resync',
  },
  'modem.error': {
    means: 'The module answered a command with ERROR, or with an answer that cannot be used.',
    retry: 'backoff',
    hint: 'The module refused the command: it may not know it, or not be ready yet (then wait a minute).',
    exit: 75,
  },
  'modem.reset': {
    means: 'The module restarted while it was in use: it said so, or had lost its settings.',
    retry: 'now',
    hint: 'The module restarted by itself: check its power supply at transmit peaks.',
    exit: 75,
    rung: 'repeat',
  },
  'modem.desync': {
    means: 'Answers of the module no longer match the commands they should belong to.',
    retry: 'backoff',
    hint: 'The module’s answers do not belong to our commands: another program may be talking on the port.',
    exit: 75,
    rung: 'resync',
  },
  'modem.busy': {
    means: 'The queue of commands to the module is full.',
    retry: 'backoff',
    hint: 'Too many commands wait for the module already; this one was not taken.',
    exit: 75,
  },
  'modem.injection': {
    means:
      'A value from outside holds a quote, a line end or another character that could change the AT command it goes into.',
    retry: 'never',
    hint: 'A value holds characters that must not reach an AT line; correct it in the configuration.',
    exit: 78,
  },
  'modem.overflow': {
    means: 'The port delivers a line that never ends, as a wrong baud rate or a port that speaks no AT does.',
    retry: 'backoff',
    hint: 'The device sends without line ends: check the baud rate and that this is the right port.',
    exit: 75,
    rung: 'reopen',
  },
  'modem.wrong-device': {
    means: 'What answers on the port configured for the module is something else, often the receiver.',
    retry: 'operator',
    hint: 'The port belongs to another kind of device: correct modem.port and gnss.port, or set both to auto.',
    exit: 78,
  },
  'modem.unsupported': {
    means: 'The module, or the helper program configured for it, cannot do what is asked of it.',
    retry: 'operator',
    hint: 'The module does not know this command; its family or firmware lacks the feature.',
    exit: 78,
  },
  'sim.absent': {
    means: 'The module sees no SIM card.',
    retry: 'operator',
    hint: 'Insert the SIM (contacts down) and check the tray.',
    exit: 69,
  },
  'sim.pin': {
    means: 'The SIM card wants its PIN before it can be used, and none is configured.',
    retry: 'operator',
    hint: 'The SIM is locked by a PIN: put the PIN into a file and name it in modem.sim.pin, or switch the PIN off in a phone.',
    exit: 77,
  },
  'sim.pin-refused': {
    means: 'The PIN was sent once and the card refused it; this pair of card and PIN is remembered as wrong.',
    retry: 'operator',
    hint: 'The SIM refused the configured PIN, which is never sent again. Unlock the SIM in a phone, then correct the file that modem.sim.pin names.',
    exit: 77,
  },
  'sim.pin-guarded': {
    means:
      'A PIN is configured and was not sent: fewer than three tries are left, or what happened to an earlier try is unknown.',
    retry: 'operator',
    hint: 'The PIN is not tried, so that the SIM cannot be blocked: unlock it in a phone, which also restores its tries.',
    exit: 77,
  },
  'sim.puk': {
    means: 'The PIN was entered wrongly too often, by whomever; the card accepts only its PUK now.',
    retry: 'operator',
    hint: 'The SIM is blocked and asks for its PUK: unblock it in a phone with the operator’s letter.',
    exit: 77,
  },
  'sim.failure': {
    means: 'The module has found a SIM card and cannot talk to it.',
    retry: 'backoff',
    hint: 'The SIM cannot be read: clean its contacts or try another card.',
    exit: 75,
  },
  'network.searching': {
    means: 'The module looks for a network and has not been accepted by one.',
    retry: 'backoff',
    hint: 'No network yet: check the antenna and the coverage.',
    exit: 75,
    rung: 'registration',
  },
  'network.denied': {
    means: 'The network has answered the registration with a refusal.',
    retry: 'operator',
    hint: 'The network refuses this SIM: check the plan, roaming and whether the IMEI is allowed. Once that is right, unplug the module for a moment.',
    exit: 77,
  },
  'network.roaming': {
    means: 'The module found only networks of other operators, and the configuration forbids roaming.',
    retry: 'backoff',
    hint: 'Only a foreign network is in reach and modem.roaming is refused: allow roaming, or check antenna and coverage.',
    exit: 75,
  },
  'network.no-road': {
    means: 'The module shows a data connection, and what is sent over it gets no answer.',
    retry: 'backoff',
    hint: 'The data connection is up but nothing comes back: check the APN, the plan’s volume and the host’s route.',
    exit: 75,
    rung: 'bearer',
  },
  'network.no-bearer': {
    means: 'The module is registered on a network, and no context that could carry data is active.',
    retry: 'backoff',
    hint: 'Registered but no data connection is active: check the APN and that something brings the data path up.',
    exit: 75,
    rung: 'bearer',
  },
} as const satisfies Record<string, ErrorInfo>;
