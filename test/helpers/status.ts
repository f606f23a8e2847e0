// A status object of a gateway that serves, for tests of its views.
import type { LampView, StatusSnapshot } from '../../src/status/index.js';

const SINCE = '2026-01-01T00:00:00.000Z';
const PART = { state: 'ok', sinceMs: 1000, attempt: 0, restarts: 0 };

export function lampOf(name: LampView['name'], more: Partial<LampView> = {}): LampView {
  return { name, state: 'lit', since: SINCE, ...more };
}

export function statusWith(changes: Partial<StatusSnapshot> = {}): StatusSnapshot {
  return {
    schemaVersion: 1,
    version: '1.2.3',
    bootId: 'b',
    startedAt: SINCE,
    uptimeMs: 60_000,
    overall: 'ok',
    state: 'serving',
    grade: 'corrected',
    since: SINCE,
    why: 'serving, the receiver uses the corrections',
    next: 'nothing to do: everything is lit',
    lamps: [lampOf('identity'), lampOf('session'), lampOf('corrections'), lampOf('fix', { detail: 'RTK fixed' })],
    parts: {
      ...{ modem: PART, gnss: PART, identity: PART, session: PART, assistance: PART, cellLocate: PART },
      ...{ thingspace: PART, losant: PART, devicewise: PART, outbox: PART, clock: PART, status: PART },
    },
    clock: { state: 'trusted' } as StatusSnapshot['clock'],
    identity: { state: 'have', source: 'ztp', ztpCallsToday: 1, shape: 'ntrip', host: 'caster.test', port: 2102 },
    session: { state: 'flowing', connects: 1, disconnects: 0, topics: ['NEAR-SPARTN'] },
    corrections: {
      ...{ source: 'ntrip', detail: 'NEAR-SPARTN over NTRIP 2', bytesIn: 10, framesIn: 32, framesToReceiver: 32 },
      ...{ bytesToReceiver: 10, dropped: 0, ageMs: 900, badBytes: 0, usedByReceiver: 31, notDecrypted: 0 },
      verdict: 'ok',
      use: {
        ...{ answer: 'used', share: 31 / 32, count: 31, of: 32, seconds: 30, by: 'rxm-cor' },
        sentence: '31 of 32 corrections of the last 30 s were used',
      },
    },
    fix: {
      ...{ quality: 'rtk_fixed', latitudeDeg: 48.2, longitudeDeg: 16.4, altitudeMslM: 171.19, satellites: 12 },
      ...{ horizontalAccuracyM: 0.014, correctionAgeS: 2, source: 'nav-pvt', ageMs: 200 },
    },
    receiver: {
      ...{ running: true, port: '/dev/ttyGNSS', baudRate: 38_400, model: 'ZED-F9P', firmware: 'HPG 1.32' },
      ...{ protocolVersion: '27.31', uniqueId: '…C4D5', framesIn: 71, badFrames: 0, restarts: 0, delivery: 'direct' },
      configuration: { mandatory: 'accepted', refused: [] },
      satellites: [
        { gnss: 'gps', sv: 3, elevationDeg: 63, azimuthDeg: 277, cn0DbHz: 44, isUsed: true },
        { gnss: 'galileo', sv: 31, cn0DbHz: 9, isUsed: false },
      ],
    },
    credentials: [],
    bytes: {},
    loopLagMs: { p50: 0, p99: 0, max: 0 },
    rssBytes: 0,
    ...changes,
  };
}
