// Metrics of the gateway as a whole: its state, its lamps and parts, its credentials, its clock, its process.
import { isConnected } from '../doors.js';
import { AGENT_STATES } from '../snapshot.js';
import type { PartView } from '../views.js';
import { known, type Metric, oneOf, seconds, timestamp, truth } from './metric.js';

const GRADES = ['corrected', 'aided', 'connected-only'] as const;
const LAMP_STATES = ['lit', 'waiting', 'dark', 'absent'] as const;
/** Their own words are many; whoever alerts needs these. */
const PART_STATES = ['ok', 'failing', 'absent'] as const;
const CREDENTIAL_STATES = ['missing', 'valid', 'expiring', 'expired', 'rejected', 'revoked', 'deactivated'] as const;

function partState({ state, reason }: PartView): (typeof PART_STATES)[number] {
  if (state === 'absent') return 'absent';
  return reason === undefined ? 'ok' : 'failing';
}

const LAMP = 'modem, sim, network, identity, session, corrections or fix';
const PART = 'name of the part, as in the status';
const CREDENTIAL = 'id of the credential, as `waymark token list` shows it';

export const GATEWAY_METRICS: readonly Metric[] = [
  {
    name: 'waymark_build_info',
    type: 'gauge',
    help: 'Always 1; the version that runs.',
    labels: { version: 'version of the program' },
    samples: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: 'waymark_start_timestamp_seconds',
    type: 'gauge',
    unit: 'timestamp',
    help: 'When the agent started, seconds since 1970 by its own clock.',
    samples: ({ startedAt }) => timestamp(startedAt),
  },
  {
    name: 'waymark_uptime_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How long the agent has run, by a clock that does not jump.',
    samples: ({ uptimeMs }) => known(seconds(uptimeMs)),
  },
  {
    name: 'waymark_state',
    type: 'gauge',
    help: 'State of the agent: 1 for the one it is in.',
    labels: { state: AGENT_STATES.join(', ') },
    samples: ({ state }) => oneOf(AGENT_STATES, state),
  },
  {
    name: 'waymark_overall',
    type: 'gauge',
    help: 'The sum of everything, clouds included: 1 for what is so.',
    labels: { state: 'ok, degraded, failed' },
    samples: ({ overall }) => oneOf(['ok', 'degraded', 'failed'], overall),
  },
  {
    name: 'waymark_connected',
    type: 'gauge',
    help: '1 while the session with the correction service is up, or the network where there is none: as /readyz says.',
    samples: (status) => known(truth(isConnected(status))),
  },
  {
    name: 'waymark_serving_grade',
    type: 'gauge',
    help: 'How well it serves while it does: 1 for what is so, all 0 while it does not serve.',
    labels: { state: GRADES.join(', ') },
    samples: ({ grade }) => oneOf(GRADES, grade ?? ''),
  },
  {
    name: 'waymark_lamp',
    type: 'gauge',
    help: 'The chain of lamps: 1 for the state each is in.',
    labels: { lamp: LAMP, state: LAMP_STATES.join(', ') },
    samples: ({ lamps }) => lamps.flatMap(({ name, state }) => oneOf(LAMP_STATES, state, { lamp: name })),
  },
  {
    name: 'waymark_lamp_reason_info',
    type: 'gauge',
    help: 'Always 1; why a lamp is not lit. Without a series for lamps that say no reason.',
    labels: { lamp: LAMP, reason: 'error code, see errors.md' },
    samples: ({ lamps }) =>
      lamps.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ labels: { lamp: name, reason }, value: 1 }])),
  },
  {
    name: 'waymark_part_state',
    type: 'gauge',
    help: 'What each part of the agent is doing: 1 for what is so. failing: it has a reason not to do its work.',
    labels: { part: PART, state: PART_STATES.join(', ') },
    samples: ({ parts }) =>
      Object.entries(parts).flatMap(([part, view]) => oneOf(PART_STATES, partState(view), { part })),
  },
  {
    name: 'waymark_part_restarts_total',
    type: 'counter',
    help: 'How often a part was started anew since the agent started.',
    labels: { part: PART },
    samples: ({ parts }) =>
      Object.entries(parts)
        .filter(([, { state }]) => state !== 'absent')
        .map(([part, { restarts }]) => ({ labels: { part }, value: restarts })),
  },
  {
    name: 'waymark_credential_state',
    type: 'gauge',
    help: 'State of each credential: 1 for what is so. One that is fetched when needed counts as valid before that.',
    labels: { credential: CREDENTIAL, state: CREDENTIAL_STATES.join(', ') },
    samples: ({ credentials }) =>
      credentials.flatMap(({ id, state, isOnDemand }) =>
        oneOf(CREDENTIAL_STATES, state === 'missing' && isOnDemand === true ? 'valid' : state, { credential: id }),
      ),
  },
  {
    name: 'waymark_credential_expiry_timestamp_seconds',
    type: 'gauge',
    unit: 'timestamp',
    help: 'When a credential ends, seconds since 1970; without a series for those whose end is not known.',
    labels: { credential: CREDENTIAL },
    samples: ({ credentials }) => credentials.flatMap(({ id, expiresAt }) => timestamp(expiresAt, { credential: id })),
  },
  {
    name: 'waymark_credential_latched',
    type: 'gauge',
    help: '1 for a credential that is held back until a person acts, so that no account is locked.',
    labels: { credential: CREDENTIAL },
    samples: ({ credentials }) =>
      credentials.map(({ id, latched }) => ({ labels: { credential: id }, value: truth(latched) })),
  },
  {
    name: 'waymark_ztp_calls_today',
    type: 'gauge',
    help: 'Calls to the provisioning service within a day; four are allowed.',
    samples: ({ identity }) => known(identity.ztpCallsToday),
  },
  {
    name: 'waymark_clock_trusted',
    type: 'gauge',
    help: '1 while the date can be believed; nothing secure is tried before.',
    samples: ({ clock }) => known(truth(clock.state === 'trusted')),
  },
  {
    name: 'waymark_clock_offset_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Network or receiver time minus the machine’s, at the last comparison.',
    samples: ({ clock }) => known(clock.offsetMs === undefined ? undefined : seconds(clock.offsetMs)),
  },
  {
    name: 'waymark_event_loop_lag_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How late the program got to its work lately.',
    labels: { statistic: 'p50, p99 or max' },
    samples: ({ loopLagMs: { p50, p99, max } }) => [
      { labels: { statistic: 'p50' }, value: seconds(p50) },
      { labels: { statistic: 'p99' }, value: seconds(p99) },
      { labels: { statistic: 'max' }, value: seconds(max) },
    ],
  },
  {
    name: 'waymark_resident_memory_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Resident memory of the agent.',
    samples: ({ rssBytes }) => known(rssBytes),
  },
];
