// Writes docs/reference/metrics.md from the one table of metrics in src/status/metrics.ts. `--check` writes nothing and
// fails when it is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const target = resolve(root, 'docs/reference/metrics.md');

const unregister = register();
const { METRIC_GROUPS } = await import('../src/status/metrics.ts');
await unregister();

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const labels = (metric) =>
  Object.entries(metric.labels ?? {})
    .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
    .join('; ') || '–';

const text = [
  '# Metrics reference',
  '',
  '<!-- Made by scripts/metrics.mjs from src/status/metrics.ts: change it there. -->',
  '',
  '`GET /metrics` answers in the Prometheus text format 0.0.4, over TCP where `status.http` is configured and on the unix',
  'socket always. Every metric is a view of the status object and holds no secret, no position and no identifier of device',
  'or card.',
  '',
  '**Names, types and labels stay.** One that has to go is first said to in the change log, and stays for two minor',
  'versions. New metrics, and new values of a label, may come with any version.',
  '',
  'A value that is not known is left out: a hole in a graph, not a zero. States are one series each, 1 for the one that is',
  'so: `waymark_lamp{lamp="modem",state="dark"} == 1`. Counters begin at zero with each start of the agent. Scrape example,',
  'alert rules and a dashboard: [the fleet](../operate/fleet.md).',
  ...METRIC_GROUPS.flatMap(({ title, metrics }) => [
    '',
    `## ${title}`,
    '',
    '| metric | type | unit | labels | meaning |',
    '| --- | --- | --- | --- | --- |',
    ...metrics.map(
      (metric) =>
        `| \`${metric.name}\` | ${metric.type} | ${metric.unit ?? '–'} | ${cell(labels(metric))} | ${cell(metric.help)} |`,
    ),
  ]),
  '',
].join('\n');

if (process.argv.includes('--check')) {
  const found = await readFile(target, 'utf8').catch(() => '');
  if (found !== text) {
    process.stderr.write(`${relative(root, target)} is stale: run node scripts/metrics.mjs\n`);
    process.exit(1);
  }
} else {
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
  process.stdout.write(`${relative(root, target)} written\n`);
}
