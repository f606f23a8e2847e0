// The parts of the status object as schemas.
import {
  anyObject,
  count,
  facts,
  flag,
  list,
  mapOf,
  maybe,
  number,
  object,
  oneOf,
  ref,
  type Schema,
  said,
  text,
  time,
} from './schema-words.js';
import { LAMPS, type LampView } from './snapshot.js';
import type {
  AssistanceView,
  CellLocateView,
  ClimbView,
  CorrectionUseView,
  CredentialView,
  LatencyView,
  ModemView,
  PartView,
  PositionView,
  ReceiverView,
  SatelliteView,
} from './views.js';
import type { CloudView, CommandsView, LocatedView, OutboxView, OutputView } from './views-clouds.js';

const reason = maybe(said(text, 'Stable code from the error table.'));
const ms = said(number, 'Milliseconds.');

export const VIEW_SCHEMAS = {
  Lamp: object<LampView>({
    name: oneOf(LAMPS),
    state: oneOf(['lit', 'waiting', 'dark', 'absent']),
    since: time,
    detail: maybe(text),
    reason,
    message: maybe(text),
    hint: maybe(said(text, 'What cures it.')),
    next: maybe(said(text, 'What happens next by itself.')),
    nextInMs: maybe(ms),
  }),
  Part: object<PartView>({
    state: text,
    reason,
    sinceMs: ms,
    attempt: count,
    nextRetryMs: maybe(ms),
    lastOkMs: maybe(ms),
    restarts: count,
  }),
  Credential: object<CredentialView>({
    ...{ id: text, kind: text, state: text, since: time, tested: flag, reason, evidence: maybe(facts) },
    expiresAt: maybe(time),
    expirySource: maybe(text),
    expiresInDays: maybe(number),
    retryAt: maybe(time),
    latched: flag,
    fingerprint: maybe(said(text, 'Eight hexadecimal digits, other ones on another gateway.')),
    generation: count,
    waitsFor: maybe(text),
    isOnDemand: maybe(flag),
    rotation: maybe({ type: 'object', properties: { state: text, fingerprint: text, sentence: text } }),
    remedy: maybe(text),
  }),
  Climb: object<ClimbView>({
    ...{ failures: count, lastRung: maybe(text), lastReason: maybe(text), lastRungFailed: maybe(text) },
    at: maybe(time),
  }),
  Modem: object<ModemView>({
    ...{ stage: text, port: text, manufacturer: maybe(text), model: maybe(text), revision: maybe(text) },
    ...{ profile: maybe(text), imei: maybe(said(text, 'The last four, unless log.identifiers is on.')) },
    ...{ iccid: maybe(text), imsi: maybe(text), profileNote: maybe(text), portName: maybe(text) },
    portFound: maybe(text),
    sharedWith: maybe(list({ type: 'object', properties: { name: text, pid: count } })),
    sim: text,
    simTries: maybe({ type: 'object', properties: { pin: count, puk: count } }),
    registration: {
      type: 'object',
      properties: {
        ...{ state: text, technology: text, areaCode: text, cellId: text },
        ...{ rejectCause: count, causeWords: text, plmn: text },
      },
      required: ['state'],
    },
    operator: maybe(said(text, 'As the network sends it.')),
    signal: maybe({
      type: 'object',
      properties: { rssiDbm: number, rsrpDbm: number, rsrqDb: number, sinrDb: number, quality: text },
      required: ['quality'],
    }),
    cell: maybe(facts),
    temperatureC: maybe(number),
    dataPath: maybe({ type: 'object', properties: { kind: text, state: text } }),
    road: maybe({ type: 'object', properties: { state: text, lastOkMs: ms, reason: text }, required: ['state'] }),
    recovery: maybe({ type: 'object', properties: { channel: ref('Climb'), network: ref('Climb') } }),
    bearer: {
      type: 'object',
      properties: { contextId: count, active: flag, address: text },
      required: ['contextId', 'active'],
    },
    appTokenState: text,
    counters: mapOf(count),
  }),
  CorrectionUse: object<CorrectionUseView>({
    answer: oneOf(['used', 'not-used', 'unknown']),
    share: maybe(said(number, '0 to 1.')),
    ...{ count, of: count, seconds: number, by: text, sentence: text },
  }),
  Satellite: object<SatelliteView>({
    ...{ gnss: text, sv: count, elevationDeg: maybe(number), azimuthDeg: maybe(number), cn0DbHz: number, isUsed: flag },
  }),
  Receiver: object<ReceiverView>({
    ...{ running: flag, port: text, model: maybe(text), firmware: maybe(text), protocolVersion: maybe(text) },
    ...{ uniqueId: maybe(text), baudRate: maybe(count), framesIn: count, badFrames: count, restarts: count },
    delivery: text,
    configuration: maybe({ type: 'object', properties: { mandatory: text, refused: list(text) } }),
    satellites: maybe(list(ref('Satellite'))),
  }),
  Position: object<PositionView>({
    ...{ from: text, latitudeDeg: number, longitudeDeg: number, accuracyM: maybe(number), ageMs: ms },
  }),
  Assistance: object<AssistanceView>({
    ...{ state: text, sentence: text, reason, hint: maybe(text), evidence: maybe(facts) },
    ...{ next: maybe(text), nextInMs: maybe(ms), fetchesToday: count },
    live: maybe({ type: 'object', properties: { ageMs: ms, frames: count, isUsable: flag, from: text } }),
    predictive: maybe({ type: 'object', properties: { until: text, frames: count, isUsable: flag } }),
    lastInjection: maybe({
      type: 'object',
      properties: {
        ...{ ageMs: ms, from: text, frames: count, accepted: count },
        ...{ refused: count, unanswered: count, tookMs: ms },
      },
    }),
  }),
  CellLocate: object<CellLocateView>({
    ...{ state: text, sentence: text, reason, hint: maybe(text), attempts: count },
    ...{ uncertaintyM: maybe(number), ageMs: maybe(ms), next: maybe(text), nextInMs: maybe(ms) },
  }),
  Latency: object<LatencyView>({ ms, of: oneOf(['confirmation', 'connection']), service: text, ageMs: ms }),
  Cloud: object<CloudView>({
    ...{ name: text, state: text, sentence: text, isTroubled: flag, reason, waitsFor: maybe(text) },
    ...{ message: maybe(text), hint: maybe(text), evidence: maybe(facts), next: maybe(text), nextInMs: maybe(ms) },
    ...{ facts, outbox: maybe(ref('Outbox')) },
  }),
  Outbox: object<OutboxView>({
    ...{ state: text, reason, records: count, bytes: count, oldestAgeMs: maybe(ms), inFlight: count },
    ...{ accepted: count, confirmed: count, rejected: count, dropped: count, quarantined: count },
    ...{ corrupt: count, gaps: count, isReplaying: flag },
  }),
  Located: object<LocatedView>({
    ...{ source: text, quality: text, latitudeDeg: number, longitudeDeg: number, accuracyM: maybe(number) },
    ...{ ageMs: ms, reportSeconds: number },
  }),
  Output: object<OutputView>({
    ...{ name: text, state: text, port: maybe(count), clients: count, reason, hint: maybe(text) },
  }),
  Commands: object<CommandsView>({ ...{ done: count, refused: count, failed: count }, last: maybe(anyObject) }),
} satisfies Readonly<Record<string, Schema>>;
