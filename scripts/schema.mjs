// Writes config/waymark.schema.json and docs/reference/config.md from the one declaration in src/config/schema.ts.
// `--check` writes nothing and fails when either is stale.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { register } from 'tsx/esm/api';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const unregister = register();
const { configSchema } = await import('../src/config/schema.ts');
await unregister();

const schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Waymark gateway configuration',
  ...toJsonSchema(configSchema, { typeMode: 'input' }),
};

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function typeOf(node) {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(' \\| ');
  if (node.type === 'array') return `list of text (${node.minItems ?? 0} to ${node.maxItems})`;
  if (node.type === 'integer' || node.type === 'number')
    return `${node.type === 'integer' ? 'whole number' : 'number'}, ${node.minimum} to ${node.maximum}`;
  if (node.type === 'boolean') return 'true or false';
  if (/^\^\(\?:file:/.test(node.pattern ?? '')) return 'secret reference';
  return `text, at most ${node.maxLength} characters`;
}

function rows(node, path) {
  const required = new Set(node.required ?? []);
  const here = Object.entries(node.properties).filter(([, child]) => child.type !== 'object');
  const lines = here.map(([key, child]) => {
    const standard =
      child.default === undefined ? (required.has(key) ? '**required**' : '–') : `\`${JSON.stringify(child.default)}\``;
    return `| \`${path}${key}\` | ${typeOf(child)} | ${standard} | ${cell(child.description ?? '')} |`;
  });
  return ['| key | type | default | meaning |', '| --- | --- | --- | --- |', ...lines];
}

function sections(node, path, depth) {
  const out = [];
  for (const [key, child] of Object.entries(node.properties)) {
    if (child.type !== 'object') continue;
    const name = `${path}${key}`;
    out.push(
      '',
      `${'#'.repeat(Math.min(depth, 4))} ${name}`,
      '',
      child.description ?? '',
      '',
      ...rows(child, `${name}.`),
    );
    out.push(...sections(child, `${name}.`, depth + 1));
  }
  return out;
}

const reference = [
  '# Configuration reference',
  '',
  '<!-- Made by scripts/schema.mjs from src/config/schema.ts: change it there. -->',
  '',
  'One YAML file, strict: an unknown key is an error. `waymark config check -c FILE` names every mistake with its line.',
  'Relative paths start at the folder of the file. Secrets are never written into it; a *secret reference* is one of',
  '',
  '| form | meaning |',
  '| --- | --- |',
  '| `file:PATH` | a file of mode 0600 or 0400 that belongs to the service user, at most 16 KiB |',
  '| `credential:NAME` | a systemd credential (`LoadCredential=NAME:/path`) |',
  '| `env:NAME` | an environment variable; it is deleted once read |',
  '',
  '## Top level',
  '',
  ...rows(schema, ''),
  ...sections(schema, '', 2),
  '',
].join('\n');

const outputs = [
  [resolve(root, 'config/waymark.schema.json'), `${JSON.stringify(schema, null, 2)}\n`],
  [resolve(root, 'docs/reference/config.md'), reference],
];

const checkOnly = process.argv.includes('--check');
let stale = 0;
for (const [path, text] of outputs) {
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before === text) continue;
  stale++;
  const name = relative(root, path);
  if (checkOnly) process.stderr.write(`${name} is stale: run node scripts/schema.mjs\n`);
  else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    process.stderr.write(`wrote ${name}\n`);
  }
}
if (checkOnly && stale > 0) process.exitCode = 1;
