// What the build says ships besides our own code.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(resolve(ROOT, file), 'utf8');

interface Component {
  name: string;
  version: string;
  licenses?: unknown[];
  properties: { name: string; value: string }[];
}

test('the bill of materials holds what the bundles hold, and each has its licence in the file of licences', () => {
  const bill = JSON.parse(read('dist/sbom.cdx.json')) as { bomFormat: string; components: Component[] };
  expect(bill.bomFormat).toBe('CycloneDX');
  const holders = new Map(bill.components.map((each) => [each.name, each.properties.map(({ value }) => value)]));
  const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) expect(holders.get(name), name).toContain('lib/waymark.cjs');
  expect(holders.get('aedes')).toEqual(['sim/sim.cjs']);
  expect(holders.get('@serialport/bindings-cpp')).toContain('prebuilds');
  for (const tool of ['vitest', 'typescript', 'esbuild', 'eslint']) expect(holders.has(tool), tool).toBe(false);
  const licences = read('dist/THIRD-PARTY-LICENSES.txt');
  for (const { name, version, licenses } of bill.components) {
    expect(licences).toContain(`\n${name} ${version} (`);
    expect(licenses?.length, `${name} has a licence`).toBeGreaterThan(0);
  }
});
