// Metrics of the cellular module: whether it is there, its network, its signal, what went wrong on its line.
import { known, type Metric, truth } from './metric.js';

const isRegistered = (state: string): boolean => state === 'home' || state === 'roaming';

export const MODEM_METRICS: readonly Metric[] = [
  {
    name: 'waymark_modem_info',
    type: 'gauge',
    help: 'Always 1; the module that was found. No identifier of the device or the card.',
    labels: { manufacturer: 'maker', model: 'model', revision: 'firmware', profile: 'family it is driven as' },
    samples: ({ modem }) =>
      modem?.model === undefined
        ? []
        : [
            {
              labels: {
                manufacturer: modem.manufacturer ?? '',
                model: modem.model,
                revision: modem.revision ?? '',
                profile: modem.profile ?? '',
              },
              value: 1,
            },
          ],
  },
  {
    name: 'waymark_modem_registered',
    type: 'gauge',
    help: '1 while the module is registered in a network, at home or roaming.',
    samples: ({ modem }) => known(modem && truth(isRegistered(modem.registration.state))),
  },
  {
    name: 'waymark_modem_roaming',
    type: 'gauge',
    help: '1 while it is registered in a foreign network.',
    samples: ({ modem }) => known(modem && truth(modem.registration.state === 'roaming')),
  },
  {
    name: 'waymark_modem_network_info',
    type: 'gauge',
    help: 'Always 1; the network it is registered in.',
    labels: { technology: 'LTE, UMTS, …', plmn: 'code of the network' },
    samples: ({ modem }) =>
      modem && isRegistered(modem.registration.state)
        ? [
            {
              labels: { technology: modem.registration.technology ?? '', plmn: modem.registration.plmn ?? '' },
              value: 1,
            },
          ]
        : [],
  },
  {
    name: 'waymark_modem_data_active',
    type: 'gauge',
    help: '1 while the module’s data connection is up.',
    samples: ({ modem }) => known(modem && truth(modem.bearer.active)),
  },
  {
    name: 'waymark_modem_signal_rssi_dbm',
    type: 'gauge',
    unit: 'dBm',
    help: 'Received power, everything in the channel.',
    samples: ({ modem }) => known(modem?.signal?.rssiDbm),
  },
  {
    name: 'waymark_modem_signal_rsrp_dbm',
    type: 'gauge',
    unit: 'dBm',
    help: 'Received power of the cell’s reference signal (LTE).',
    samples: ({ modem }) => known(modem?.signal?.rsrpDbm),
  },
  {
    name: 'waymark_modem_signal_rsrq_db',
    type: 'gauge',
    unit: 'dB',
    help: 'Quality of the cell’s reference signal (LTE).',
    samples: ({ modem }) => known(modem?.signal?.rsrqDb),
  },
  {
    name: 'waymark_modem_signal_sinr_db',
    type: 'gauge',
    unit: 'dB',
    help: 'Signal to noise and interference, where the module says it.',
    samples: ({ modem }) => known(modem?.signal?.sinrDb),
  },
  {
    name: 'waymark_modem_temperature_celsius',
    type: 'gauge',
    unit: 'degrees Celsius',
    help: 'Temperature of the module, where it says it.',
    samples: ({ modem }) => known(modem?.temperatureC),
  },
  {
    name: 'waymark_modem_events_total',
    type: 'counter',
    help: 'What happened on the module’s line since the agent started.',
    labels: { event: 'commands, timeouts, errors, urcs, unknownUrcs, resyncs, reopens, writes' },
    samples: ({ modem }) =>
      Object.entries(modem?.counters ?? {}).map(([event, value]) => ({ labels: { event }, value })),
  },
  {
    name: 'waymark_recovery_failures',
    type: 'gauge',
    help: 'Failures in a row that have climbed a recovery ladder; 0 when all is well.',
    labels: { ladder: 'channel (the module does not answer) or network (no road)' },
    samples: ({ modem }) =>
      Object.entries(modem?.recovery ?? {}).map(([ladder, { failures }]) => ({ labels: { ladder }, value: failures })),
  },
];
