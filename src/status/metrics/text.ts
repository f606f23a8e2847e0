// The Prometheus text format 0.0.4. Texts from outside (a module's model, an operator's name) are cut and cleaned, and no
// metric has more series than a gateway can have: what watches a fleet must not be filled up by one bad device.
import { replaceUnseen, scrubber } from '../../core/index.js';
import type { StatusSnapshot } from '../snapshot.js';
import type { Metric, Sample } from './metric.js';

const MAX_LABEL = 64;
const MAX_SERIES = 128;

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

function escapeLabel(value: string): string {
  const clean = replaceUnseen(scrubber.scrub(value).replaceAll(/[\t\n]/g, ' '), () => ' ').slice(0, MAX_LABEL);
  return clean.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

function line(name: string, { labels, value }: Sample): string {
  const pairs = Object.entries(labels ?? {}).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${number(value)}`;
}

/** Everything `metrics` say of this status. A metric without a sample is left out whole. */
export function writeMetrics(metrics: readonly Metric[], status: StatusSnapshot): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    const seen = new Set<string>();
    const samples = metric.samples(status).slice(0, MAX_SERIES);
    if (samples.length === 0) continue;
    lines.push(`# HELP ${metric.name} ${escapeHelp(metric.help)}`, `# TYPE ${metric.name} ${metric.type}`);
    for (const sample of samples) {
      // The same series twice makes a server refuse the whole answer.
      const series = line(metric.name, { ...sample, value: 0 });
      if (seen.has(series)) continue;
      seen.add(series);
      lines.push(line(metric.name, sample));
    }
  }
  return `${lines.join('\n')}\n`;
}
