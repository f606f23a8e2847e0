// A real Prometheus server reads the running demo for a minute, with the rules of config/prometheus: no scrape fails, and
// everything the table declares and this gateway has is in its store.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { METRICS } from '../../src/status/index.js';
import { startCli } from '../helpers/cli.js';
import { statusOf, untilStatus } from '../helpers/outside.js';
import { eventually, pause } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';

const SECONDS = Number(process.env['WAYMARK_SCRAPE_SECONDS'] ?? '60');
const CONFIG = resolve(import.meta.dirname, '../../config/prometheus');

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

test(
  `a Prometheus server scrapes the demo for ${SECONDS} s without an error`,
  () =>
    inScratch(async (dir) => {
      const demo = startCli(['demo', '--json', '--state-dir', join(dir, 'demo')]);
      const port = await freePort();
      let server: ReturnType<typeof spawn> | undefined;
      try {
        const runtimeDir = join(dir, 'demo', 'run');
        const { page } = await untilStatus(runtimeDir, 'it serves', ({ state }) => state === 'serving', 60_000);
        const { host } = new URL(page?.url ?? '');

        // The example as it ships, but for whom it asks and how often.
        const example = parse(readFileSync(join(CONFIG, 'scrape.yml'), 'utf8')) as {
          scrape_configs: { static_configs: { targets: string[] }[]; scrape_timeout: string }[];
        } & Record<string, unknown>;
        const [job] = example.scrape_configs;
        const [target] = job?.static_configs ?? [];
        if (!job || !target) throw new Error('the example has a target');
        target.targets = [host];
        job.scrape_timeout = '2s';
        example['global'] = { scrape_interval: '2s', evaluation_interval: '2s' };
        example['rule_files'] = [join(CONFIG, 'alerts.yml')];
        writeFileSync(join(dir, 'prometheus.yml'), stringify(example));

        server = spawn(
          'prometheus',
          [
            `--config.file=${join(dir, 'prometheus.yml')}`,
            `--storage.tsdb.path=${join(dir, 'store')}`,
            `--web.listen-address=127.0.0.1:${port}`,
            '--log.level=warn',
          ],
          { stdio: 'ignore' },
        );
        const ask = async <T>(path: string): Promise<T> => {
          const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
          return ((await answer.json()) as { data: T }).data;
        };
        const query = async (text: string): Promise<number> => {
          const { result } = await ask<{ result: Sample[] }>(`query?query=${encodeURIComponent(text)}`);
          return Number(result[0]?.value[1] ?? Number.NaN);
        };
        await eventually('the first scrape', async () => (await query('up').catch(() => 0)) === 1, 30_000);
        await pause(SECONDS * 1000);

        const window = `[${SECONDS}s]`;
        expect(await query(`min_over_time(up${window})`)).toBe(1);
        expect(await query(`count_over_time(up${window})`)).toBeGreaterThanOrEqual(Math.floor(SECONDS / 2) - 2);
        const { activeTargets } = await ask<{ activeTargets: { health: string; lastError: string }[] }>('targets');
        expect(activeTargets).toMatchObject([{ health: 'up', lastError: '' }]);

        const status = await statusOf(runtimeDir);
        if (!status) throw new Error('the demo has ended');
        const had = METRICS.filter(({ samples }) => samples(status).length > 0).map(({ name }) => name);
        const stored = new Set(await ask<string[]>('label/__name__/values'));
        expect(had.filter((name) => !stored.has(name))).toEqual([]);
        expect([...stored].filter((name) => name.startsWith('waymark_')).length).toBeGreaterThan(35);
        // Nothing was dropped on the way in.
        expect(await query(`min_over_time(scrape_samples_scraped${window})`)).toBe(
          await query(`min_over_time(scrape_samples_post_metric_relabeling${window})`),
        );
        expect(await query('waymark_connected')).toBe(1);

        const { groups } = await ask<{ groups: { rules: { name: string; health: string }[] }[] }>('rules');
        const rules = groups.flatMap(({ rules: of }) => of);
        expect(rules.length).toBeGreaterThan(8);
        expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
        const { alerts } = await ask<{ alerts: { state: string; labels: Record<string, string> }[] }>('alerts');
        expect(alerts.filter(({ state }) => state === 'firing')).toEqual([]);
      } finally {
        server?.kill('SIGTERM');
        demo.child.kill('SIGTERM');
        await demo.ended;
        if (server && server.exitCode === null) await new Promise((done) => server?.once('close', done));
      }
    }),
  SECONDS * 1000 + 120_000,
);
