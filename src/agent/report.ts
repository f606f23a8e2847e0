// Builds the one status object from what the parts say of themselves. Identifiers are masked here, once.
import { type Clock, type ClockTrust, maskIdentifier, type WaymarkError } from '../core/index.js';
import type { Receiver, ReceiverSnapshot } from '../gnss/index.js';
import type { ModemSnapshot } from '../modem/index.js';
import {
  type CloudView,
  type ConfigView,
  type CredentialView,
  type DataView,
  LAMPS,
  type LampView,
  type ModemView,
  type PartView,
  ROAD,
  type ServingGrade,
  type StatusSnapshot,
} from '../status/index.js';
import type { CredentialStatus, Identity } from '../vault/index.js';
import { certificateDates } from './certificate.js';
import type { CloudSide } from './clouds/side.js';
import type { IdentityCondition } from './identity-source.js';
import type { LampBoard } from './lamp-board.js';
import type { CorrectionLane } from './lanes/corrections.js';
import type { LocationSide } from './location-side.js';
import { correctionsView, locationViews, receiverView } from './report-location.js';
import type { AgentCondition, Lamp } from './states.js';
import { version } from './version.js';

export interface ReportSources {
  clock: Clock;
  bootId: string;
  startedWallMs: number;
  startedMonoMs: number;
  showIdentifiers: boolean;
  lamps: LampBoard;
  part: (name: string) => PartView | undefined;
  trust: ClockTrust;
  modem: (() => ModemSnapshot) | undefined;
  modemSide: (() => Partial<ModemView>) | undefined;
  receiver: Receiver | undefined;
  identity: {
    current: () => Identity | undefined;
    source: StatusSnapshot['identity']['source'];
    state: () => IdentityCondition;
  };
  session: CorrectionLane | undefined;
  location: Pick<LocationSide, 'position' | 'assistance' | 'cellLocate'>;
  clouds: CloudSide['views'];
  credentials: () => readonly CredentialStatus[];
  bytes: () => Readonly<Record<string, { in: number; out: number }>>;
  data: () => DataView;
  config: (() => ConfigView) | undefined;
  loopLag: () => { p50: number; p99: number; max: number };
  latency: () => StatusSnapshot['latency'];
  page: () => StatusSnapshot['page'];
}

const iso = (wallMs: number): string => new Date(wallMs).toISOString();
const USED_MS = 60_000;

function lampView(name: (typeof LAMPS)[number], lamp: Lamp, monoMs: number): LampView {
  return {
    name,
    state: lamp.state,
    since: iso(lamp.sinceWallMs),
    ...(lamp.detail === undefined ? {} : { detail: lamp.detail }),
    ...(lamp.reason ? { reason: lamp.reason.code, message: lamp.reason.message, hint: lamp.reason.hint } : {}),
    ...(lamp.next ? { next: lamp.next.what } : {}),
    ...(lamp.next?.atMonoMs === undefined ? {} : { nextInMs: Math.max(0, Math.round(lamp.next.atMonoMs - monoMs)) }),
  };
}

export function gradeOf(receiver: ReceiverSnapshot | undefined, clock: Clock): ServingGrade {
  const within = (at: number | undefined): boolean =>
    receiver?.running === true && at !== undefined && clock.mono() - at <= clock.ioBudgetMs(USED_MS);
  if (receiver?.use.answer === 'used' && within(receiver.lastUsedMonoMs)) return 'corrected';
  if (within(receiver?.lastFedMonoMs)) return 'aided';
  return 'connected-only';
}

const GRADE_WORDS: Readonly<Record<ServingGrade, string>> = {
  corrected: 'the receiver uses the corrections',
  aided: 'corrections reach the receiver; it does not say that it uses them',
  'connected-only': 'connected',
};

/** It does say so, of the last half minute: it must not read as if it said nothing. */
const gradeWords = (grade: ServingGrade, receiver: ReceiverSnapshot | undefined): string =>
  grade === 'aided' && receiver?.use.answer === 'not-used'
    ? 'corrections reach the receiver; it does not use them'
    : GRADE_WORDS[grade];

function why(condition: AgentCondition, grade: ServingGrade, receiver: ReceiverSnapshot | undefined): string {
  const dark = LAMPS.map((name) => ({ name, lamp: condition.lamps[name] })).find(
    ({ lamp }) => lamp.state === 'dark' || lamp.state === 'waiting',
  );
  const reason = dark ? `${dark.name}: ${dark.lamp.reason?.message ?? dark.lamp.detail ?? 'not ready yet'}` : '';
  switch (condition.state) {
    case 'serving':
      return `serving, ${gradeWords(grade, receiver)}`;
    case 'degraded': {
      const lost = condition.lost && condition.lamps[condition.lost];
      return `degraded: ${condition.lost ?? ''} lost (${lost?.reason?.message ?? lost?.detail ?? 'coming up again'})`;
    }
    case 'draining':
      return 'stopping on request';
    case 'stopped':
      return 'stopped';
    case 'booting':
    case 'modem':
    case 'network':
    case 'identity':
    case 'session':
    case 'misconfigured':
      return `not serving yet; ${reason}`;
  }
}

function nextStep(lamps: readonly LampView[]): string {
  const dark = lamps.find((lamp) => lamp.state === 'dark' || lamp.state === 'waiting');
  if (!dark) return 'nothing to do: everything is lit';
  if (dark.next === undefined) return `waits for ${dark.name}`;
  return dark.nextInMs === undefined ? dark.next : `${dark.next} in ${Math.ceil(dark.nextInMs / 1000)} s`;
}

function modemView(s: ModemSnapshot, showIdentifiers: boolean): ModemView {
  const { networkTime: _networkTime, imei, iccid, imsi, appToken, cell, ...rest } = s;
  const shown = (value: string): string => (showIdentifiers ? value : maskIdentifier(value));
  return {
    ...rest,
    counters: { ...rest.counters },
    appTokenState: appToken,
    ...(cell === undefined ? {} : { cell: { ...cell } }),
    ...(imei === undefined ? {} : { imei: shown(imei) }),
    ...(iccid === undefined ? {} : { iccid: shown(iccid) }),
    ...(imsi === undefined ? {} : { imsi: shown(imsi) }),
  };
}

export function credentialView(status: CredentialStatus, clock: Clock): CredentialView {
  const {
    expiresAt,
    since,
    retryAt,
    reason,
    evidence,
    remedy,
    expirySource,
    fingerprint: _fingerprint,
    rotation,
    ...rest
  } = status;
  const { atUtcMs: _at, ...facts } = evidence ?? {};
  // Ten thousand PINs are soon tried against a fingerprint.
  const isShort = status.kind === 'pin';
  const fingerprint = isShort ? undefined : status.fingerprint;
  return {
    ...rest,
    since: iso(since),
    ...(reason === undefined ? {} : { reason }),
    ...(evidence === undefined ? {} : { evidence: { ...facts, at: iso(evidence.atUtcMs) } }),
    ...(expiresAt === undefined
      ? {}
      : { expiresAt: iso(expiresAt), expiresInDays: Math.floor((expiresAt - clock.wall()) / 86_400_000) }),
    ...(expirySource === undefined ? {} : { expirySource }),
    ...(retryAt === undefined ? {} : { retryAt: iso(retryAt) }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(rotation === undefined
      ? {}
      : { rotation: isShort ? { state: rotation.state, sentence: rotation.sentence } : rotation }),
    remedy,
  };
}

/** The code of what is in the way, and what the far side said. */
export function reasonView(reason: Pick<WaymarkError, 'code' | 'evidence'> | undefined): {
  reason?: string;
  evidence?: Readonly<Record<string, string | number>>;
} {
  if (!reason) return {};
  return { reason: reason.code, ...(reason.evidence ? { evidence: reason.evidence } : {}) };
}

function identityView({ identity: from, clock, showIdentifiers }: ReportSources): StatusSnapshot['identity'] {
  const identity = from.current();
  const { state, callsToday, reason, nextMonoMs, hardwareId } = from.state();
  const dates = certificateDates(identity);
  const key = identity?.shape === 'keys' ? (identity.keys.next ?? identity.keys.current) : undefined;
  return {
    state,
    source: from.source,
    ztpCallsToday: callsToday,
    ...reasonView(reason),
    ...(reason === undefined ? {} : { hint: reason.hint }),
    ...(nextMonoMs === undefined ? {} : { nextInMs: Math.max(0, Math.round(nextMonoMs - clock.mono())) }),
    // A serial number of a module as often as not.
    ...(hardwareId === undefined ? {} : { hardwareId: showIdentifiers ? hardwareId : maskIdentifier(hardwareId) }),
    ...(identity ? { shape: identity.shape } : {}),
    ...(identity && identity.shape !== 'chipcode' ? { host: identity.host, port: identity.port } : {}),
    ...(identity?.shape === 'ntrip' ? { mountPoint: identity.mountPoint } : {}),
    ...(identity?.shape === 'keys'
      ? { clientId: maskIdentifier(identity.clientId), topicCount: identity.topics.length }
      : {}),
    ...(dates ? { certificateExpiresAt: iso(dates.notAfterUtcMs) } : {}),
    ...(key ? { keyExpiresAt: iso(key.startUtcMs + key.durationMs) } : {}),
  };
}

/** What is not served beside what is; without a module or a network it goes without saying. */
function butNot(clouds: readonly CloudView[] = [], lamps: StatusSnapshot['lamps']): string {
  if (lamps.some(({ name, state }) => state === 'dark' && ROAD.includes(name))) return '';
  const names = clouds.filter(({ isTroubled }) => isTroubled).map(({ name }) => name);
  return names.length === 0 ? '' : `; not: ${names.join(', ')}`;
}

/** A cloud that does not do its work, or a month’s data that is used up (docs/decisions/0018), is a person's business, though everything else is served. */
function overallOf(
  state: AgentCondition['state'],
  clouds: readonly CloudView[] = [],
  isOverBudget = false,
): StatusSnapshot['overall'] {
  if (state === 'stopped' || state === 'misconfigured') return 'failed';
  return state === 'serving' && !isOverBudget && !clouds.some(({ isTroubled }) => isTroubled) ? 'ok' : 'degraded';
}

/** The outboxes as one part: the first that has trouble tells. */
function outboxPart(clouds: readonly CloudView[] = []): PartView {
  const outboxes = clouds.flatMap(({ outbox }) => (outbox ? [outbox] : []));
  const troubled = outboxes.find(({ state, reason }) => state !== 'ok' || reason !== undefined);
  const shown = troubled ?? outboxes[0];
  if (!shown) return ABSENT;
  return {
    ...{ state: shown.state, sinceMs: 0, attempt: 0, restarts: 0 },
    ...(shown.reason === undefined ? {} : { reason: shown.reason }),
  };
}

const ABSENT: PartView = { state: 'absent', sinceMs: 0, attempt: 0, restarts: 0 };

export function buildSnapshot(from: ReportSources): StatusSnapshot {
  const { clock } = from;
  const mono = clock.mono();
  const condition = from.lamps.condition();
  const receiver = from.receiver?.snapshot();
  const grade = gradeOf(receiver, clock);
  const lamps = LAMPS.map((name) => lampView(name, condition.lamps[name], mono));
  const up = from.clouds();
  const data = from.data();
  const isOverBudget = data.reason === 'data.over-budget';
  const latency = from.latency();
  const page = from.page();
  const source = from.session?.current()?.snapshot();
  const fix = receiver?.fix;
  const { atMonoMs, ...fixFacts } = fix ?? { quality: 'none' as const, atMonoMs: undefined };
  return {
    schemaVersion: 1,
    version,
    bootId: from.bootId,
    startedAt: iso(from.startedWallMs),
    uptimeMs: Math.round(mono - from.startedMonoMs),
    overall: overallOf(condition.state, up.clouds, isOverBudget),
    state: condition.state,
    ...(condition.state === 'serving' ? { grade } : {}),
    since: iso(condition.sinceWallMs),
    why: `${why(condition, grade, receiver)}${butNot(up.clouds, lamps)}${isOverBudget ? '; the month’s data is used up' : ''}`,
    next: nextStep(lamps),
    lamps,
    parts: {
      modem: from.part('modem') ?? ABSENT,
      gnss: from.part('gnss') ?? ABSENT,
      identity: from.part('identity') ?? ABSENT,
      session: from.part('session') ?? ABSENT,
      assistance: from.part('assistance') ?? ABSENT,
      cellLocate: from.part('cell-locate') ?? ABSENT,
      thingspace: from.part('thingspace') ?? ABSENT,
      losant: from.part('losant') ?? ABSENT,
      devicewise: from.part('devicewise') ?? ABSENT,
      outbox: outboxPart(up.clouds),
      clock: from.part('clock') ?? ABSENT,
      status: from.part('status') ?? ABSENT,
    },
    clock: from.trust.status(),
    ...(from.modem ? { modem: { ...modemView(from.modem(), from.showIdentifiers), ...from.modemSide?.() } } : {}),
    identity: identityView(from),
    session: {
      state: source?.state ?? 'none',
      connects: source?.connects ?? 0,
      disconnects: from.session?.disconnects ?? 0,
      ...(from.session?.lastReason === undefined ? {} : { lastReason: from.session.lastReason }),
      topics: source?.topics ?? [],
    },
    corrections: correctionsView(source, receiver, mono),
    fix: { ...fixFacts, ...(atMonoMs === undefined ? {} : { ageMs: Math.round(mono - atMonoMs) }) },
    ...(receiver ? { receiver: receiverView(receiver, from.showIdentifiers) } : {}),
    ...locationViews(from.location, clock),
    ...up,
    credentials: from.credentials().map((status) => credentialView(status, clock)),
    bytes: from.bytes(),
    data,
    ...(from.config ? { config: from.config() } : {}),
    ...(latency ? { latency } : {}),
    ...(page ? { page } : {}),
    loopLagMs: from.loopLag(),
    rssBytes: process.memoryUsage.rss(),
  };
}
