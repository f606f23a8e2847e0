// Codes of the location services: corrections, casters, assistance, cell positions.
import type { ErrorInfo } from './error-info.js';

export const LOCATION_ERRORS = {
  'corrections.silent': {
    retry: 'backoff',
    hint: 'The session is up but no corrections arrive: check plan and region.',
    exit: 75,
    rung: 'resubscribe',
  },
  'corrections.not-used': {
    retry: 'backoff',
    hint: 'Corrections reach the receiver and none is used: `waymark gnss info` shows what it says about them.',
    exit: 75,
  },
  'corrections.no-topic': {
    retry: 'operator',
    hint: 'No correction topic for this region in the provisioning answer: check corrections.region and the plan.',
    exit: 78,
  },
  'corrections.outside-coverage': {
    retry: 'backoff',
    hint: 'The gateway is outside every region this service covers: name the region in corrections.region if that is wrong.',
    exit: 75,
  },
  'corrections.no-position': {
    retry: 'backoff',
    hint: 'The service wants to know roughly where the gateway is before it sends anything: wait for a first fix, or set corrections.position.',
    exit: 75,
  },
  'corrections.ended': {
    retry: 'operator',
    hint: 'The provider has ended this way of delivery: set corrections.source to ntrip (or auto) and provision again with an NTRIP plan.',
    exit: 77,
  },

  'ntrip.unauthorized': {
    retry: 'operator',
    hint: 'The caster does not accept user and password: the Thing may be deactivated, or the session before still holds its place (then wait a minute).',
    exit: 77,
  },
  'ntrip.mountpoint': {
    retry: 'operator',
    hint: 'The caster does not know this mountpoint and sent its list instead: correct corrections.ntrip.mountPoint.',
    exit: 78,
  },
  'ntrip.refused': {
    retry: 'operator',
    hint: 'The caster refuses this client and says why: the account may be blocked or have no plan; look it up in the provider’s portal.',
    exit: 77,
  },
  'ntrip.unavailable': {
    retry: 'backoff',
    hint: 'The caster is not ready; it is tried again later.',
    exit: 75,
    rung: 'session',
  },
  'ntrip.malformed': {
    retry: 'backoff',
    hint: 'The answer is not a caster’s: check host and port; a captive portal or proxy may be in between.',
    exit: 75,
  },

  'assist.token-refused': {
    retry: 'operator',
    hint: 'AssistNow does not accept the token: it has ended, was deactivated, or belongs to another service; look it up in the Thingstream portal.',
    exit: 77,
  },
  'assist.wrong-kind': {
    retry: 'operator',
    hint: 'This credential belongs to another service than the one it is configured for: a ZTP token (a UUID) goes to assistNow.token, a location token to assistNow.legacy.token.',
    exit: 78,
  },
  'assist.not-entitled': {
    retry: 'operator',
    hint: 'The plan does not cover the data asked for: check the AssistNow plan of the device profile in the Thingstream portal.',
    exit: 77,
  },
  'assist.invalid-request': {
    retry: 'operator',
    hint: 'AssistNow finds the request malformed, though the token works: check the assistNow section of the configuration.',
    exit: 78,
  },
  'assist.weather': {
    retry: 'backoff',
    hint: 'AssistNow is not available; what is in the cache is used meanwhile.',
    exit: 75,
  },
  'assist.malformed': {
    retry: 'backoff',
    hint: 'The answer holds no assistance data: a captive portal or proxy may be in between.',
    exit: 75,
  },
  'assist.no-receiver': {
    retry: 'backoff',
    hint: 'The receiver has not said who it is (UBX-SEC-UNIQID and UBX-MON-VER), which AssistNow asks for: check gnss.port.',
    exit: 75,
  },

  'celllocate.token': {
    retry: 'operator',
    hint: 'CellLocate does not accept the token: it has ended, was deactivated, or belongs to another service; look it up in the Thingstream portal.',
    exit: 77,
  },
  'celllocate.server': {
    retry: 'backoff',
    hint: 'The module could not reach the CellLocate server: check the data connection of the module and the server names.',
    exit: 75,
  },
  'celllocate.busy': { retry: 'backoff', hint: 'The module’s positioning is in use; it is asked again.', exit: 75 },
  'celllocate.no-position': {
    retry: 'backoff',
    hint: 'CellLocate found no position for the cells around; it is asked again later.',
    exit: 75,
  },
  'celllocate.unsupported': {
    retry: 'operator',
    hint: 'This module has no CellLocate; remove modem.cellLocate, or set corrections.position instead.',
    exit: 78,
  },
} as const satisfies Record<string, ErrorInfo>;
