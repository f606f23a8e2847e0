// Codes of the clouds positions and state go up to, of the outbox before them, and of the commands they send.
import type { ErrorInfo } from './error-info.js';

export const CLOUD_ERRORS = {
  'thingspace.refused': {
    retry: 'operator',
    hint: 'ThingSpace does not accept the application key and secret: compare both in the ThingSpace portal (Key Management).',
    exit: 77,
  },
  'thingspace.login-refused': {
    retry: 'operator',
    hint: 'ThingSpace does not accept the UWS user or password: correct the files, or raise thingspace.loginEpoch; nothing more is tried before, because five misses lock the account for good.',
    exit: 77,
  },
  'thingspace.latched': {
    retry: 'operator',
    hint: 'Logins are held back so that the account is not locked: correct user or password, or raise thingspace.loginEpoch.',
    exit: 77,
  },
  'thingspace.config': {
    retry: 'operator',
    hint: 'ThingSpace does not know the account, the device or the address asked: compare accountName, mdn, imei and baseUrl with the portal.',
    exit: 78,
  },
  'thingspace.consent': {
    retry: 'operator',
    hint: 'The device is excluded from location: allow it in the ThingSpace portal (Device Location, Consent).',
    exit: 77,
  },
  'thingspace.not-subscribed': {
    retry: 'operator',
    hint: 'The application is not subscribed to this API: add Device Location to it in the ThingSpace portal (Key Management).',
    exit: 77,
  },
  'thingspace.no-position': {
    retry: 'backoff',
    hint: 'The network found no position for this device; it is asked again later.',
    exit: 75,
  },
  'thingspace.budget': {
    retry: 'backoff',
    hint: 'The current requests of this month are used up: only positions the network has kept are asked for. Raise thingspace.location.monthlyCurrentBudget if that is wrong.',
    exit: 75,
  },
  'thingspace.endpoint-refused': {
    retry: 'operator',
    hint: 'The operator’s endpoint does not accept this device: check its certificate or enrolment token with the operator.',
    exit: 77,
  },
  'thingspace.endpoint-held': {
    retry: 'operator',
    hint: 'The operator’s endpoint holds this device back until somebody acts there: ask the operator.',
    exit: 77,
  },
  'thingspace.deactivated': {
    retry: 'operator',
    hint: 'The operator’s endpoint has no such device any more: ask the operator to take it in again.',
    exit: 77,
  },
  'thingspace.token-refused': {
    retry: 'backoff',
    hint: 'ThingSpace refuses a token that was just handed out for it: it is asked again when that token has ended. If it stays so, look in the ThingSpace portal (Key Management) whether the application is active.',
    exit: 77,
  },
  'thingspace.ledger': {
    retry: 'backoff',
    hint: 'Tries at ThingSpace cannot be counted in the state directory, so none is made that could lock the account or cost money: make the directory writable, or make room on its disk.',
    exit: 74,
  },
  'thingspace.weather': { retry: 'backoff', hint: 'ThingSpace is not available; it is asked again later.', exit: 75 },
  'thingspace.malformed': {
    retry: 'backoff',
    hint: 'The answer is not what ThingSpace sends: a captive portal or proxy may be in between.',
    exit: 75,
  },

  'losant.refused': {
    retry: 'operator',
    hint: 'Losant does not accept the access key: look in the Losant application (Security, Access Keys) whether it is active and covers this device. An address filter of the key breaks devices behind a carrier’s NAT.',
    exit: 77,
  },
  'losant.token-refused': {
    retry: 'operator',
    hint: 'Losant does not accept the application token: it may have ended, be inactive or deleted; look in the Losant application (Security, API Tokens).',
    exit: 77,
  },
  'losant.banned': {
    retry: 'backoff',
    hint: 'The access key is good, and yet the broker refuses the device: it sent too much and has to wait, another client uses its device id, or the key’s address filter excludes it.',
    exit: 75,
  },
  'losant.twin': {
    retry: 'backoff',
    hint: 'Another client uses this device id: two gateways were made from one image, or a test program is connected as this device.',
    exit: 75,
  },
  'losant.config': {
    retry: 'operator',
    hint: 'Losant does not know this application or device: compare losant.applicationId and losant.deviceId with the portal.',
    exit: 78,
  },
  'losant.deleted': {
    retry: 'operator',
    hint: 'The device does not exist any more: restore it in the Losant application (deleted devices are kept for 93 days), or remove losant.deviceId and enrol again.',
    exit: 77,
  },
  'losant.scope': {
    retry: 'operator',
    hint: 'The application token may not do this: create one with device.sendState, device.getCommand and device.setConnectionStatus.',
    exit: 77,
  },
  'losant.bad-request': {
    retry: 'never',
    hint: 'Losant refuses the form of what was sent: this is a fault of the gateway; the rest goes on.',
    exit: 70,
  },
  'losant.unexpected': {
    retry: 'backoff',
    hint: 'Losant, or a proxy or portal in between, refuses what is sent without a word about it; nothing is lost, and it is tried again. If it stays so, look at the answer’s number (402: the bill, 407: a proxy) and at the road to Losant.',
    exit: 75,
  },
  'losant.duplicate': {
    retry: 'operator',
    hint: 'Several devices carry this gateway’s hardware id: remove all but one in the Losant application, or set losant.deviceId.',
    exit: 78,
  },
  'losant.pending': {
    retry: 'after',
    hint: 'The operator has not approved this device yet; it is asked again.',
    exit: 75,
  },
  'losant.throttled': { retry: 'after', hint: 'Losant asks for a pause; nothing is lost.', exit: 75 },
  'losant.weather': { retry: 'backoff', hint: 'Losant is not available; what is to be said is kept.', exit: 75 },
  'losant.malformed': {
    retry: 'backoff',
    hint: 'The answer is not what Losant sends: a captive portal or proxy may be in between.',
    exit: 75,
  },

  'outbox.full': {
    retry: 'backoff',
    hint: 'The outbox has reached its size or age: the oldest records had to go, and a gap record says which.',
    exit: 75,
  },
  'outbox.disk': {
    retry: 'backoff',
    hint: 'The outbox cannot be written: records are kept in memory, a few megabytes at most. Make room on the disk, or mount it writable.',
    exit: 75,
  },
  'outbox.unreadable': {
    retry: 'backoff',
    hint: 'Part of the outbox cannot be read; the damaged files are kept beside it.',
    exit: 74,
  },
  'outbox.stalled': {
    retry: 'backoff',
    hint: 'The cloud is reached and yet takes nothing of what waits: everything is kept and tried again with growing pauses. Look at the cloud’s own status and at how slow the road is.',
    exit: 75,
  },
  'outbox.refused': {
    retry: 'backoff',
    hint: 'The cloud refuses one record after the other, so no more are put aside: the rest is kept and tried again with growing pauses. The files in quarantine/ say what it objects to.',
    exit: 75,
  },
  'outbox.quarantined': {
    retry: 'operator',
    hint: 'A record was refused or ended the connection again and again; it is put aside so that the rest goes on.',
    exit: 75,
  },

  'command.unknown': { retry: 'never', hint: 'There is no such command.', exit: 64 },
  'command.not-allowed': {
    retry: 'operator',
    hint: 'This command is not in commands.allow of the configuration.',
    exit: 77,
  },
  'command.malformed': { retry: 'never', hint: 'The command’s payload is not of the form expected.', exit: 64 },
  'command.expired': { retry: 'never', hint: 'The command came too late and was not run: send it again.', exit: 75 },
  'command.retained': {
    retry: 'never',
    hint: 'A command kept by the broker is not run: send it without retain.',
    exit: 64,
  },
  'command.rate': { retry: 'after', hint: 'Too many commands; this one was not run: send it again later.', exit: 75 },
  'command.interrupted': {
    retry: 'operator',
    hint: 'The gateway restarted while it ran this command; it is not run again: look at the status, then send it again.',
    exit: 75,
  },
  'command.not-available': {
    retry: 'operator',
    hint: 'The gateway has no part that could do this now, or that part is held back: the message says which; look at the status.',
    exit: 75,
  },
  'command.not-durable': {
    retry: 'after',
    hint: 'What was decided cannot be written to the state directory, and without that no command is run: make room on the disk, or mount it writable, and send it again.',
    exit: 75,
  },

  'token.not-testable': {
    retry: 'never',
    hint: 'This credential cannot be tried without using it up or risking it; its state is what its last use showed.',
    exit: 64,
  },
  'token.not-rotated': {
    retry: 'operator',
    hint: 'The new value did not work, so the old one stays in force.',
    exit: 77,
  },
  'token.waits': {
    retry: 'backoff',
    hint: 'The new value could not be tried yet: it stays beside the old one and is tried by itself.',
    exit: 75,
  },
} as const satisfies Record<string, ErrorInfo>;
