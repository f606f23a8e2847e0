// The example files for those who watch a fleet: promtool takes them, the dashboard and the rules name only metrics there
// are, every alert has its place in the guide, and the DaemonSet is one.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { METRICS } from '../../src/status/index.js';

const ROOT = resolve(import.meta.dirname, '../..');
const text = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const NAMES = new Set<string>(METRICS.map(({ name }) => name));

const promtool = (...args: string[]): { code: number | null; said: string } => {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { cwd: ROOT, encoding: 'utf8' });
  if (error) throw error;
  return { code: status, said: `${stdout}${stderr}` };
};
const unknownIn = (expressions: string): string[] =>
  [...expressions.matchAll(/\bwaymark_[a-z0-9_]+/g)].map(([name]) => name).filter((name) => !NAMES.has(name));

describe('Prometheus', () => {
  test.each([
    ['check', 'rules', 'config/prometheus/alerts.yml'],
    ['check', 'config', 'config/prometheus/scrape.yml'],
    ['test', 'rules', 'config/prometheus/alerts.test.yml'],
  ])('promtool %s %s %s', (...args) => {
    const { code, said } = promtool(...args);
    expect(said).toContain('SUCCESS');
    expect(code).toBe(0);
  });

  interface Rule {
    alert: string;
    expr: string;
    labels: { severity: string };
    annotations: { summary: string; runbook: string };
  }
  const { groups } = parse(text('config/prometheus/alerts.yml')) as { groups: { rules: Rule[] }[] };
  const rules = groups.flatMap((group) => group.rules);

  test('rules name only metrics there are', () => {
    expect(unknownIn(rules.map(({ expr }) => expr).join('\n'))).toEqual([]);
  });

  test('each alert has a heading in the guide, and a test', () => {
    const tested = text('config/prometheus/alerts.test.yml');
    for (const { alert, annotations } of rules) {
      const [file = '', anchor = ''] = annotations.runbook.split('#');
      const headings = [...text(file).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title.toLowerCase().replaceAll(' ', '-'),
      );
      expect(headings, alert).toContain(anchor);
      expect(tested, alert).toContain(`alertname: ${alert}`);
    }
  });
});

describe('the Grafana dashboard', () => {
  interface Panel {
    id: number;
    type: string;
    gridPos: { x: number; y: number; w: number; h: number };
    targets?: { expr: string; datasource: { uid: string } }[];
  }
  const board = JSON.parse(text('config/grafana/waymark.json')) as {
    schemaVersion: number;
    uid: string;
    templating: { list: { name: string; type: string }[] };
    panels: Panel[];
  };

  test('has a version, a data source to choose, and panels that do not lie on each other', () => {
    expect(board.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(board.templating.list).toContainEqual(expect.objectContaining({ name: 'datasource', type: 'datasource' }));
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    const taken = new Set<string>();
    for (const { gridPos } of board.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`)).toBe(false);
          taken.add(`${x},${y}`);
        }
    }
  });

  test('names only metrics there are, of the chosen source', () => {
    const targets = board.panels.flatMap(({ targets: of = [] }) => of);
    expect(targets.length).toBeGreaterThan(30);
    expect(unknownIn(JSON.stringify(board))).toEqual([]);
    for (const { datasource } of targets) expect(datasource.uid).toBe('${datasource}');
  });
});

test('the DaemonSet: chosen nodes, no rights, secrets as files, and health that is not connectivity', () => {
  const documents = parseAllDocuments(text('config/kubernetes/daemonset.yaml')).map((each) => {
    expect(each.errors).toEqual([]);
    return each.toJS() as { kind: string };
  });
  expect(documents.map(({ kind }) => kind)).toEqual(['Namespace', 'ConfigMap', 'DaemonSet']);
  const [, map, set] = documents as unknown as [
    unknown,
    { data: Record<string, string> },
    { spec: { template: { spec: Record<string, unknown> } } },
  ];
  // The file the gateway reads is one, too.
  expect(parse(map.data['gateway.yaml'] ?? '')).toMatchObject({
    version: 1,
    ztp: { token: 'file:/run/secrets/waymark/ztp-token' },
  });
  const pod = set.spec.template.spec;
  expect(pod).toMatchObject({
    nodeSelector: { 'waymark.io/gateway': 'true' },
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  });
  const { containers, initContainers, volumes, tolerations } = pod as Record<string, Record<string, unknown>[]>;
  expect(tolerations?.length).toBe(2);
  for (const container of [...(containers ?? []), ...(initContainers ?? [])]) {
    expect(container['securityContext']).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const mounts = container['volumeMounts'] as { name: string }[];
    for (const { name } of mounts) expect(volumes?.map((volume) => volume['name'])).toContain(name);
  }
  const health = ['waymark', 'status', '--healthy', '-c', '/etc/waymark/gateway.yaml'];
  expect(containers?.[0]).toMatchObject({
    livenessProbe: { exec: { command: health } },
    startupProbe: { exec: { command: health } },
  });
});
