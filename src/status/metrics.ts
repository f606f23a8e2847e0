// The status object as metrics: one declared table, from which come the text a Prometheus server reads, the reference
// (docs/reference/metrics.md) and the tests. Names, types and labels are kept once published; new ones may come.
import { CLOUD_METRICS } from './metrics/clouds.js';
import { GATEWAY_METRICS } from './metrics/gateway.js';
import { LIFE_METRICS } from './metrics/life.js';
import type { Metric } from './metrics/metric.js';
import { MODEM_METRICS } from './metrics/modem.js';
import { POSITION_METRICS } from './metrics/position.js';
import { writeMetrics } from './metrics/text.js';
import type { StatusSnapshot } from './snapshot.js';

export type { Metric, Sample } from './metrics/metric.js';
export { METRICS_CONTENT_TYPE } from './metrics/text.js';

/** A heading of the reference, and what stands under it. */
export const METRIC_GROUPS: readonly { title: string; metrics: readonly Metric[] }[] = [
  { title: 'The gateway', metrics: GATEWAY_METRICS },
  { title: 'The module', metrics: MODEM_METRICS },
  { title: 'Corrections and position', metrics: POSITION_METRICS },
  { title: 'Clouds and traffic', metrics: CLOUD_METRICS },
  { title: 'The month’s data and the configuration file', metrics: LIFE_METRICS },
];

export const METRICS: readonly Metric[] = METRIC_GROUPS.flatMap(({ metrics }) => metrics);

/** Prometheus text format 0.0.4. */
export const metricsText = (status: StatusSnapshot): string => writeMetrics(METRICS, status);
