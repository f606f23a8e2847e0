// What a Prometheus server reads: everything documented is there, everything there is documented, and promtool takes it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { METRICS, metricsText, type StatusSnapshot } from '../../src/status/index.js';
import { statusWith } from '../helpers/status.js';
import { demoStatus, faultyStatus } from '../helpers/status-fixtures.js';

const SERIES = /^(waymark_[a-z0-9_]+)(?:\{(.*)\})? (-?[0-9.e+-]+)$/;
const REFERENCE = readFileSync(join(import.meta.dirname, '../../docs/reference/metrics.md'), 'utf8');

interface Series {
  name: string;
  labels: string;
  value: number;
}

function seriesOf(text: string): Series[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = SERIES.exec(line) ?? [];
      expect(name, line).not.toBe('');
      return { name, labels, value: Number(value) };
    });
}

const valueOf = (status: StatusSnapshot, name: string, labels = ''): number | undefined =>
  seriesOf(metricsText(status)).find((one) => one.name === name && one.labels === labels)?.value;

describe('the table', () => {
  test('every metric appears in a status of one of both kinds, and nothing else does', () => {
    const found = new Set([demoStatus(), faultyStatus()].flatMap((s) => seriesOf(metricsText(s)).map((x) => x.name)));
    expect([...found].sort()).toEqual(METRICS.map(({ name }) => name).sort());
  });

  test('every metric is in the reference, and the reference has no other', () => {
    const documented = [...REFERENCE.matchAll(/^\| `(waymark_[a-z0-9_]+)`/gm)].map((match) => match[1]);
    expect(documented).toEqual(METRICS.map(({ name }) => name));
  });

  test('each has just the labels it declares', () => {
    for (const status of [demoStatus(), faultyStatus()])
      for (const { name, labels = {}, samples } of METRICS)
        for (const sample of samples(status))
          expect(Object.keys(sample.labels ?? {}).sort(), name).toEqual(Object.keys(labels).sort());
  });

  test('counters, and only they, end in _total', () => {
    for (const { name, type } of METRICS) expect(name.endsWith('_total'), name).toBe(type === 'counter');
  });
});

test.each([
  ['a healthy gateway', demoStatus],
  ['one with faults', faultyStatus],
  ['one that knows little', () => statusWith()],
])('promtool accepts %s', (_what, status) => {
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync('promtool', ['check', 'metrics'], {
    input: metricsText(status()),
    encoding: 'utf8',
  });
  expect(`${stdout}${stderr}`).toBe('');
  expect(code).toBe(0);
});

describe('what they say', () => {
  test('states are one series each', () => {
    const status = faultyStatus();
    expect(valueOf(status, 'waymark_lamp', 'lamp="modem",state="dark"')).toBe(1);
    expect(valueOf(status, 'waymark_lamp', 'lamp="modem",state="lit"')).toBe(0);
    expect(valueOf(status, 'waymark_lamp_reason_info', 'lamp="modem",reason="link.absent"')).toBe(1);
    expect(valueOf(status, 'waymark_part_state', 'part="modem",state="failing"')).toBe(1);
    expect(valueOf(status, 'waymark_credential_state', 'credential="app-token",state="rejected"')).toBe(1);
    expect(valueOf(status, 'waymark_clock_trusted')).toBe(0);
    expect(valueOf(status, 'waymark_connected')).toBe(0);
  });

  test('values are in base units', () => {
    const status = demoStatus();
    expect(valueOf(status, 'waymark_correction_age_seconds')).toBe((status.corrections.ageMs ?? 0) / 1000);
    expect(valueOf(status, 'waymark_modem_signal_rsrp_dbm')).toBe(-95);
    expect(valueOf(status, 'waymark_event_loop_lag_seconds', 'statistic="p99"')).toBe(status.loopLagMs.p99 / 1000);
    const end = status.credentials.find(({ id }) => id === 'client-certificate')?.expiresAt ?? '';
    expect(valueOf(status, 'waymark_credential_expiry_timestamp_seconds', 'credential="client-certificate"')).toBe(
      Date.parse(end) / 1000,
    );
  });

  test('the month’s data is a share of the budget, and without a budget there is none', () => {
    const status = faultyStatus();
    expect(valueOf(status, 'waymark_data_month_bytes')).toBe(491_520_000);
    expect(valueOf(status, 'waymark_data_budget_bytes')).toBe(471_859_200);
    expect(valueOf(status, 'waymark_data_budget_used_ratio')).toBeCloseTo(1.0417, 4);
    expect(valueOf(status, 'waymark_data_month_purpose_bytes', 'purpose="losant"')).toBe(1_520_000);
    expect(valueOf(status, 'waymark_data_profile', 'state="metered"')).toBe(1);
    const { data: budgeted } = status;
    if (!budgeted) throw new Error('the fixture has it');
    const { monthBytes, byPurpose, profile, sentence } = budgeted;
    const data = { monthBytes, byPurpose, profile, sentence };
    expect(valueOf({ ...status, data }, 'waymark_data_budget_used_ratio')).toBeUndefined();
    expect(valueOf({ ...status, data }, 'waymark_data_month_bytes')).toBe(491_520_000);
  });

  test('a configuration file that was refused is seen', () => {
    expect(valueOf(faultyStatus(), 'waymark_config_state', 'state="refused"')).toBe(1);
    expect(valueOf(faultyStatus(), 'waymark_config_problems')).toBe(1);
    expect(valueOf(demoStatus(), 'waymark_config_state', 'state="refused"')).toBe(0);
  });

  test('what is not known is left out', () => {
    expect(valueOf(faultyStatus(), 'waymark_correction_age_seconds')).toBeUndefined();
    expect(valueOf(faultyStatus(), 'waymark_modem_temperature_celsius')).toBeUndefined();
    expect(valueOf(statusWith(), 'waymark_modem_registered')).toBeUndefined();
  });

  test('a credential that is fetched when it is needed is not missed', () => {
    const labels = (state: string): string => `credential="losant-device-token",state="${state}"`;
    expect(valueOf(demoStatus(), 'waymark_credential_state', labels('valid'))).toBe(1);
    expect(valueOf(demoStatus(), 'waymark_credential_state', labels('missing'))).toBe(0);
  });

  test('no identifier, no position, no fingerprint', () => {
    const status = demoStatus();
    const text = metricsText(status);
    const { modem, identity, credentials, fix } = status;
    for (const hidden of [
      ...[modem?.imei, modem?.iccid, modem?.imsi, identity.clientId, identity.hardwareId, modem?.bearer.address],
      ...[modem?.cell?.['cellId'], status.bootId, fix.latitudeDeg, fix.longitudeDeg],
      ...credentials.map(({ fingerprint }) => fingerprint),
    ])
      if (hidden !== undefined) expect(text).not.toContain(String(hidden));
  });
});

describe('hostile texts', () => {
  const withModel = (model: string, gnss = 'gps'): StatusSnapshot => {
    const status = demoStatus();
    const { modem, receiver } = status;
    if (!modem || !receiver) throw new Error('the fixture has both');
    const satellites = Array.from({ length: 500 }, (_, at) => ({
      gnss: `${gnss}${at}`,
      sv: 1,
      cn0DbHz: 1,
      isUsed: true,
    }));
    return { ...status, modem: { ...modem, model }, receiver: { ...receiver, satellites } };
  };

  test('quotes, backslashes, newlines and controls stay inside their label', () => {
    const text = metricsText(withModel('a"} 1\nwaymark_evil 1\u001b[2J\\\u061c\u202e\u200b|'));
    expect(text).toContain('model="a\\"} 1 waymark_evil 1 [2J\\\\   |"');
    expect(text).not.toMatch(/^waymark_evil/m);
    expect(spawnSync('promtool', ['check', 'metrics'], { input: text }).status).toBe(0);
  });

  test('they are cut, and series are bounded', () => {
    const text = metricsText(withModel('wide '.repeat(2000)));
    expect(text).toContain(`model="${'wide '.repeat(13).slice(0, 64)}"`);
    expect(text.match(/^waymark_satellites_used\{/gm)).toHaveLength(128);
  });
});
