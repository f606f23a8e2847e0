// Codes of the location services: corrections, casters, assistance, cell positions.
import type { ErrorInfo } from './error-info.js';

export const LOCATION_ERRORS = {
  'corrections.silent': {
    means: 'The session with the correction service stands, and no correction has come for longer than it should take.',
    retry: 'backoff',
    hint: 'The session is up but no corrections arrive: check plan and region.',
    exit: 75,
    rung: 'resubscribe',
  },
  'corrections.not-used': {
    means: 'Corrections are written to the receiver, and the receiver reports that it uses none.',
    retry: 'backoff',
    hint: 'Corrections reach the receiver and none is used: `waymark gnss info` shows what it says about them.',
    exit: 75,
  },
  'corrections.no-topic': {
    means: 'The provisioning answer lists topics, and none is for the region that is wanted.',
    retry: 'operator',
    hint: 'No correction topic for this region in the provisioning answer: check corrections.region and the plan.',
    exit: 78,
  },
  'corrections.outside-coverage': {
    means: 'The gateway’s position lies in no region that the correction service serves.',
    retry: 'backoff',
    hint: 'The gateway is outside every region this service covers: name the region in corrections.region if that is wrong.',
    exit: 75,
  },
  'corrections.no-position': {
    means: 'The correction service needs a rough position first, and neither receiver nor configuration has one.',
    retry: 'backoff',
    hint: 'The service wants to know roughly where the gateway is before it sends anything: wait for a first fix, or set corrections.position.',
    exit: 75,
  },
  'corrections.ended': {
    means: 'The session is accepted and stays empty, and the provider has announced the end of this way of delivery.',
    retry: 'operator',
    hint: 'The provider has ended this way of delivery: set corrections.source to ntrip (or auto) and provision again with an NTRIP plan.',
    exit: 77,
  },

  'ntrip.unauthorized': {
    means: 'The NTRIP caster answered 401.',
    retry: 'operator',
    hint: 'The caster does not accept user and password: the Thing may be deactivated, or the session before still holds its place (then wait a minute).',
    exit: 77,
  },
  'ntrip.mountpoint': {
    means: 'The NTRIP caster answered a request for a stream with its list of streams.',
    retry: 'operator',
    hint: 'The caster does not know this mountpoint and sent its list instead: correct corrections.ntrip.mountPoint.',
    exit: 78,
  },
  'ntrip.refused': {
    means: 'The NTRIP caster answered with a refusal other than 401.',
    retry: 'operator',
    hint: 'The caster refuses this client and says why: the account may be blocked or have no plan; look it up in the provider’s portal.',
    exit: 77,
  },
  'ntrip.unavailable': {
    means: 'The NTRIP caster is overloaded, down, or answered with an error that will pass.',
    retry: 'backoff',
    hint: 'The caster is not ready; it is tried again later.',
    exit: 75,
    rung: 'session',
  },
  'ntrip.malformed': {
    means: 'What answers is not an NTRIP caster, or sends no correction data.',
    retry: 'backoff',
    hint: 'The answer is not a caster’s: check host and port; a captive portal or proxy may be in between.',
    exit: 75,
  },

  'assist.token-refused': {
    means: 'The AssistNow service refused its token.',
    retry: 'operator',
    hint: 'AssistNow does not accept the token: it has ended, was deactivated, or belongs to another service; look it up in the Thingstream portal.',
    exit: 77,
  },
  'assist.wrong-kind': {
    means: 'A token was put where another kind of token belongs.',
    retry: 'operator',
    hint: 'This credential belongs to another service than the one it is configured for: a ZTP token (a UUID) goes to assistNow.token, a location token to assistNow.legacy.token.',
    exit: 78,
  },
  'assist.not-entitled': {
    means: 'AssistNow accepts the token and refuses this kind of data.',
    retry: 'operator',
    hint: 'The plan does not cover the data asked for: check the AssistNow plan of the device profile in the Thingstream portal.',
    exit: 77,
  },
  'assist.invalid-request': {
    means: 'AssistNow could not use the request.',
    retry: 'operator',
    hint: 'AssistNow finds the request malformed, though the token works: check the assistNow section of the configuration.',
    exit: 78,
  },
  'assist.weather': {
    means: 'AssistNow is overloaded, down, or answered with an error that will pass.',
    retry: 'backoff',
    hint: 'AssistNow is not available; what is in the cache is used meanwhile.',
    exit: 75,
  },
  'assist.malformed': {
    means: 'AssistNow’s answer is not assistance data for a receiver.',
    retry: 'backoff',
    hint: 'The answer holds no assistance data: a captive portal or proxy may be in between.',
    exit: 75,
  },
  'assist.no-receiver': {
    means: 'Assistance is configured, and the receiver it is for has not identified itself.',
    retry: 'backoff',
    hint: 'The receiver has not said who it is (UBX-SEC-UNIQID and UBX-MON-VER), which AssistNow asks for: check gnss.port.',
    exit: 75,
  },

  'celllocate.token': {
    means: 'The CellLocate service told the module that its token is not accepted.',
    retry: 'operator',
    hint: 'CellLocate does not accept the token: it has ended, was deactivated, or belongs to another service; look it up in the Thingstream portal.',
    exit: 77,
  },
  'celllocate.server': {
    means: 'The module reports that its CellLocate server cannot be reached.',
    retry: 'backoff',
    hint: 'The module could not reach the CellLocate server: check the data connection of the module and the server names.',
    exit: 75,
  },
  'celllocate.busy': {
    means: 'The module is locating already, for this program or for another.',
    retry: 'backoff',
    hint: 'The module’s positioning is in use; it is asked again.',
    exit: 75,
  },
  'celllocate.no-position': {
    means: 'CellLocate answered without a position.',
    retry: 'backoff',
    hint: 'CellLocate found no position for the cells around; it is asked again later.',
    exit: 75,
  },
  'celllocate.unsupported': {
    means: 'CellLocate is configured, and the module does not know its commands.',
    retry: 'operator',
    hint: 'This module has no CellLocate; remove modem.cellLocate, or set corrections.position instead.',
    exit: 78,
  },
} as const satisfies Record<string, ErrorInfo>;
