// Metrics of the way down and of what it is for: the session, corrections and their use, the fix, the receiver.
import { FIX_QUALITIES } from '../../core/index.js';
import { known, type Metric, oneOf, seconds, truth } from './metric.js';

const GNSS = 'gps, galileo, glonass, beidou, …';

export const POSITION_METRICS: readonly Metric[] = [
  {
    name: 'waymark_session_connects_total',
    type: 'counter',
    help: 'Sessions with the correction service since the agent started.',
    samples: ({ session }) => known(session.connects),
  },
  {
    name: 'waymark_session_disconnects_total',
    type: 'counter',
    help: 'Sessions that ended.',
    samples: ({ session }) => known(session.disconnects),
  },
  {
    name: 'waymark_correction_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Since the last correction was handed to the receiver; without a sample before the first.',
    samples: ({ corrections }) => known(corrections.ageMs === undefined ? undefined : seconds(corrections.ageMs)),
  },
  {
    name: 'waymark_correction_used_ratio',
    type: 'gauge',
    unit: 'ratio',
    help: 'Share of the corrections of the last half minute the receiver used; without a sample where it does not say.',
    samples: ({ corrections }) => known(corrections.use.share),
  },
  {
    name: 'waymark_correction_use',
    type: 'gauge',
    help: 'Whether the receiver uses the corrections: 1 for what is so.',
    labels: { state: 'used, not-used, unknown' },
    samples: ({ corrections }) => oneOf(['used', 'not-used', 'unknown'], corrections.use.answer),
  },
  {
    name: 'waymark_correction_received_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Correction bytes received, before anything is checked.',
    samples: ({ corrections }) => known(corrections.bytesIn),
  },
  {
    name: 'waymark_correction_delivered_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Correction bytes written to the receiver.',
    samples: ({ corrections }) => known(corrections.bytesToReceiver),
  },
  {
    name: 'waymark_correction_frames_total',
    type: 'counter',
    help: 'Whole correction frames, by what became of them.',
    labels: {
      outcome: 'received, delivered, dropped (too old or too many), used, not-decrypted (as the receiver says)',
    },
    samples: ({ corrections: { framesIn, framesToReceiver, dropped, usedByReceiver, notDecrypted } }) =>
      Object.entries({
        received: framesIn,
        delivered: framesToReceiver,
        dropped,
        used: usedByReceiver,
        'not-decrypted': notDecrypted,
      }).map(([outcome, value]) => ({ labels: { outcome }, value })),
  },
  {
    name: 'waymark_fix_quality',
    type: 'gauge',
    help: 'Quality of the receiver’s position: 1 for what is so.',
    labels: { state: FIX_QUALITIES.join(', ') },
    samples: ({ fix }) => oneOf(FIX_QUALITIES, fix.quality),
  },
  {
    name: 'waymark_fix_accuracy_meters',
    type: 'gauge',
    unit: 'metres',
    help: 'The receiver’s own estimate of its error.',
    labels: { axis: 'horizontal or vertical' },
    samples: ({ fix: { horizontalAccuracyM, verticalAccuracyM } }) => [
      ...(horizontalAccuracyM === undefined ? [] : [{ labels: { axis: 'horizontal' }, value: horizontalAccuracyM }]),
      ...(verticalAccuracyM === undefined ? [] : [{ labels: { axis: 'vertical' }, value: verticalAccuracyM }]),
    ],
  },
  {
    name: 'waymark_fix_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the receiver’s last position.',
    samples: ({ fix }) => known(fix.ageMs === undefined ? undefined : seconds(fix.ageMs)),
  },
  {
    name: 'waymark_fix_correction_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the corrections in the receiver’s position, as it says.',
    samples: ({ fix }) => known(fix.correctionAgeS),
  },
  {
    name: 'waymark_receiver_running',
    type: 'gauge',
    help: '1 while bytes come from the receiver.',
    samples: ({ receiver }) => known(receiver && truth(receiver.running)),
  },
  {
    name: 'waymark_receiver_restarts_total',
    type: 'counter',
    help: 'Restarts of the receiver noticed behind an open port.',
    samples: ({ receiver }) => known(receiver?.restarts),
  },
  {
    name: 'waymark_receiver_frames_total',
    type: 'counter',
    help: 'Frames from the receiver, by what they were.',
    labels: { outcome: 'good or bad (checksum)' },
    samples: ({ receiver }) =>
      receiver
        ? [
            { labels: { outcome: 'good' }, value: receiver.framesIn },
            { labels: { outcome: 'bad' }, value: receiver.badFrames },
          ]
        : [],
  },
  {
    name: 'waymark_satellites_used',
    type: 'gauge',
    help: 'Satellites in the position, by system, where the receiver says it.',
    labels: { gnss: GNSS },
    samples: ({ receiver }) => {
      const used = new Map<string, number>();
      for (const { gnss, isUsed } of receiver?.satellites ?? []) used.set(gnss, (used.get(gnss) ?? 0) + truth(isUsed));
      return [...used].map(([gnss, value]) => ({ labels: { gnss }, value }));
    },
  },
];
