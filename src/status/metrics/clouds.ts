// Metrics of the way up and of what is paid for: clouds, their outboxes, commands, bytes by purpose.
import type { CloudView, OutboxView } from '../views-clouds.js';
import { known, type Metric, type Sample, seconds, truth } from './metric.js';

const CLOUD = 'losant, devicewise, thingspace or fleet';

/** One sample for each cloud of which `read` knows a number. */
const perCloud = (clouds: readonly CloudView[] = [], read: (cloud: CloudView) => number | undefined): Sample[] =>
  clouds.flatMap((cloud) => known(read(cloud)).map(({ value }) => ({ labels: { cloud: cloud.name }, value })));

const perOutbox = (clouds: readonly CloudView[] = [], read: (outbox: OutboxView) => number | undefined): Sample[] =>
  perCloud(clouds, ({ outbox }) => outbox && read(outbox));

const fact = ({ facts }: CloudView, name: string): number | undefined => {
  const value = facts[name];
  return typeof value === 'number' ? value : undefined;
};

export const CLOUD_METRICS: readonly Metric[] = [
  {
    name: 'waymark_cloud_working',
    type: 'gauge',
    help: '1 while a cloud does its work, 0 while it has a reason not to.',
    labels: { cloud: CLOUD },
    samples: ({ clouds }) => perCloud(clouds, ({ isTroubled }) => truth(!isTroubled)),
  },
  {
    name: 'waymark_cloud_reason_info',
    type: 'gauge',
    help: 'Always 1; why a cloud does not do its work.',
    labels: { cloud: CLOUD, reason: 'error code, see errors.md' },
    samples: ({ clouds = [] }) =>
      clouds.flatMap(({ name, reason, isTroubled }) =>
        isTroubled && reason !== undefined ? [{ labels: { cloud: name, reason }, value: 1 }] : [],
      ),
  },
  {
    name: 'waymark_cloud_connects_total',
    type: 'counter',
    help: 'Connections to a cloud since the agent started.',
    labels: { cloud: CLOUD },
    samples: ({ clouds }) => perCloud(clouds, (cloud) => fact(cloud, 'connects')),
  },
  {
    name: 'waymark_cloud_disconnects_total',
    type: 'counter',
    help: 'Connections to a cloud that ended.',
    labels: { cloud: CLOUD },
    samples: ({ clouds }) => perCloud(clouds, (cloud) => fact(cloud, 'disconnects')),
  },
  {
    name: 'waymark_outbox_records',
    type: 'gauge',
    help: 'Records that wait for a cloud.',
    labels: { cloud: CLOUD },
    samples: ({ clouds }) => perOutbox(clouds, ({ records }) => records),
  },
  {
    name: 'waymark_outbox_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'What waits for a cloud takes on the disk.',
    labels: { cloud: CLOUD },
    samples: ({ clouds }) => perOutbox(clouds, ({ bytes }) => bytes),
  },
  {
    name: 'waymark_outbox_oldest_age_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the oldest record that waits; 0 when none does.',
    labels: { cloud: CLOUD },
    samples: ({ clouds }) => perOutbox(clouds, ({ oldestAgeMs = 0 }) => seconds(oldestAgeMs)),
  },
  {
    name: 'waymark_outbox_on_disk',
    type: 'gauge',
    help: '1 while the outbox is on the disk, 0 while the disk takes nothing and it is in memory.',
    labels: { cloud: CLOUD },
    samples: ({ clouds }) => perOutbox(clouds, ({ state }) => truth(state === 'ok')),
  },
  {
    name: 'waymark_outbox_records_total',
    type: 'counter',
    help: 'Records by what became of them, since the agent started.',
    labels: {
      cloud: CLOUD,
      outcome: 'accepted, confirmed, rejected, dropped (too old, too many), quarantined, corrupt',
    },
    samples: ({ clouds = [] }) =>
      clouds.flatMap(({ name, outbox }) => {
        if (!outbox) return [];
        const { accepted, confirmed, rejected, dropped, quarantined, corrupt } = outbox;
        return Object.entries({ accepted, confirmed, rejected, dropped, quarantined, corrupt }).map(
          ([outcome, value]) => ({ labels: { cloud: name, outcome }, value }),
        );
      }),
  },
  {
    name: 'waymark_commands_total',
    type: 'counter',
    help: 'Commands from the clouds, by how they ended.',
    labels: { outcome: 'done, refused, failed' },
    samples: ({ commands }) =>
      commands
        ? (['done', 'refused', 'failed'] as const).map((outcome) => ({ labels: { outcome }, value: commands[outcome] }))
        : [],
  },
  {
    name: 'waymark_latency_seconds',
    type: 'gauge',
    unit: 'seconds',
    help: 'How long a far side took to answer last.',
    labels: { service: 'mqtt, ntrip, losant, …', of: 'confirmation, connection or ping' },
    samples: ({ latency }) =>
      latency ? [{ labels: { service: latency.service, of: latency.of }, value: seconds(latency.ms) }] : [],
  },
  {
    name: 'waymark_traffic_bytes_total',
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes on the wire, TLS included, by what they were for.',
    labels: { purpose: 'mqtt, ntrip, ztp, assistnow, losant, devicewise, thingspace, fleet', direction: 'in or out' },
    samples: ({ bytes }) =>
      Object.entries(bytes).flatMap(([purpose, traffic]) => [
        { labels: { purpose, direction: 'in' }, value: traffic.in },
        { labels: { purpose, direction: 'out' }, value: traffic.out },
      ]),
  },
];
