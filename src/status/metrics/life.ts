// Metrics of living with it: this month's data against its budget, and whether the configuration file was taken.
import { known, type Metric, oneOf, timestamp } from './metric.js';

export const LIFE_METRICS: readonly Metric[] = [
  {
    name: 'waymark_data_month_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'Bytes of this billing month, in and out, over restarts; it falls to 0 when the month ends.',
    samples: ({ data }) => known(data?.monthBytes),
  },
  {
    name: 'waymark_data_month_purpose_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'The same by what they were for.',
    labels: { purpose: 'as in waymark_traffic_bytes_total' },
    samples: ({ data }) =>
      Object.entries(data?.byPurpose ?? {}).map(([purpose, value]) => ({ labels: { purpose }, value })),
  },
  {
    name: 'waymark_data_budget_bytes',
    type: 'gauge',
    unit: 'bytes',
    help: 'The month’s budget; without a series where none is configured.',
    samples: ({ data }) => known(data?.budgetBytes),
  },
  {
    name: 'waymark_data_budget_used_ratio',
    type: 'gauge',
    unit: 'ratio',
    help: 'Share of the budget that is used, above 1 when it is exceeded; without a series where none is configured.',
    samples: ({ data }) => (data?.budgetBytes === undefined ? [] : known(data.monthBytes / data.budgetBytes)),
  },
  {
    name: 'waymark_data_month_end_timestamp_seconds',
    type: 'gauge',
    unit: 'timestamp',
    help: 'When the billing month ends; without a series while no date can be believed.',
    samples: ({ data }) => timestamp(data?.resetsAt),
  },
  {
    name: 'waymark_data_profile',
    type: 'gauge',
    help: 'How data is spent: 1 for what is so. metered: sparing in all but corrections, positions and commands.',
    labels: { state: 'normal, metered' },
    samples: ({ data }) => (data === undefined ? [] : oneOf(['normal', 'metered'], data.profile)),
  },
  {
    name: 'waymark_config_state',
    type: 'gauge',
    help: 'How the last reading of the configuration file ended: refused means the one before stays in force.',
    labels: { state: 'ok, refused' },
    samples: ({ config }) => (config === undefined ? [] : oneOf(['ok', 'refused'], config.state)),
  },
  {
    name: 'waymark_config_problems',
    type: 'gauge',
    help: 'Mistakes in the file that was refused; 0 while it is in force.',
    samples: ({ config }) => known(config?.problems.length),
  },
  {
    name: 'waymark_config_reloads_total',
    type: 'counter',
    help: 'How often the configuration in force was replaced since the process started.',
    samples: ({ config }) => known(config?.reloads),
  },
];
