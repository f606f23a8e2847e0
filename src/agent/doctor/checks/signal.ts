// Is the signal good enough to hold a connection?
import type { ModemReport } from '../../modem-report.js';
import type { Desk } from '../desk.js';
import { defineCheck, ok, skipped } from '../types.js';

export const signalCheck = defineCheck<Desk, ModemReport | undefined>({
  id: 'signal',
  title: 'Signal',
  needs: ['registration'],
  deadlineMs: 10_000,
  looksAt: 'RSRP, else RSSI: below -105 dBm RSRP (-100 dBm RSSI) it is poor',
  cures: [['poor', 'move the antenna: outdoors, upright, away from metal; check its plug and cable']],
  gather: (desk) => desk.module(),
  judge(report) {
    const signal = report?.signal;
    if (!signal || signal.quality === 'none') return skipped('the module tells none');
    const { rsrpDbm, rssiDbm, sinrDb, quality } = signal;
    const figures = [
      rsrpDbm === undefined ? '' : `RSRP ${rsrpDbm} dBm`,
      rsrpDbm === undefined && rssiDbm !== undefined ? `RSSI ${rssiDbm} dBm` : '',
      sinrDb === undefined ? '' : `SINR ${sinrDb} dB`,
    ].filter((words) => words !== '');
    const sentence = `${quality}, ${figures.join(', ')}`;
    return quality === 'poor'
      ? { is: 'warn', sentence, cure: 'Move the antenna: outdoors, upright, away from metal; check its plug and cable' }
      : ok(sentence);
  },
});
