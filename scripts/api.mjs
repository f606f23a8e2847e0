// Writes docs/reference/api.md from the table of doors (src/status/routes.ts) and the OpenAPI document made from it.
// `--check` writes nothing and fails when the file is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const unregister = register();
const { ROUTES } = await import('../src/status/routes.ts');
const { openApi } = await import('../src/status/openapi.ts');
await unregister();

const document = openApi('VERSION');
const { schemas } = document.components;
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const linked = (name) => `[${name}](#${name.toLowerCase()})`;

function typeOf(schema) {
  if (schema.$ref) return linked(schema.$ref.split('/').at(-1));
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' \\| ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`;
  if (schema.additionalProperties) return `map of ${typeOf(schema.additionalProperties)}`;
  if (schema.properties) return `object: ${Object.keys(schema.properties).join(', ')}`;
  return [schema.type ?? 'any'].flat().join(' or ') + (schema.format ? ` (${schema.format})` : '');
}

function curlOf({ path, method, where, body, answer, query = [] }) {
  const name = path.replace('{name}', 'page.js');
  const example =
    query.length > 0 && query[0].schema.default !== undefined ? `?${query[0].name}=${query[0].schema.default}` : '';
  const stream = /event-stream|ndjson/.test(answer.type) ? ' -N' : '';
  const data = body ? ` -H 'content-type: application/json' -d '${JSON.stringify(body.example)}'` : '';
  const socket = `curl -s${stream} --unix-socket /run/waymark/status.sock${data} 'http://waymark${name}${example}'`;
  if (where === 'socket') return [socket];
  const token = method === 'POST' ? ` -H "authorization: Bearer $(cat /run/waymark/page-token)"` : '';
  return [`curl -s${stream}${token}${data} 'http://127.0.0.1:8787${name}${example}'`, socket];
}

function doorOf(id, route) {
  const operation = document.paths[route.path][route.method.toLowerCase()];
  const codes = Object.entries(operation.responses).map(
    ([code, { description }]) => `| ${code} | ${cell(description)} |`,
  );
  const queries = (route.query ?? []).map(
    ({ name, description, schema }) =>
      `| \`${name}\` | ${schema.enum ? schema.enum.map((value) => `\`${value}\``).join(' \\| ') : `${schema.minimum} to ${schema.maximum}`} | \`${schema.default}\` | ${cell(description)} |`,
  );
  const answer = route.answer.schema
    ? `${linked(route.answer.schema)} (${route.answer.type})`
    : `\`${route.answer.type}\``;
  return [
    `### ${route.method} ${route.path}`,
    '',
    `${route.summary}.${operation.description ? ` ${operation.description}` : ''}`,
    '',
    '```sh',
    ...curlOf(route),
    '```',
    '',
    ...(queries.length > 0
      ? ['| in the address | values | default | meaning |', '| --- | --- | --- | --- |', ...queries, '']
      : []),
    ...(route.body ? [`Takes ${linked(route.body.schema)}.`, ''] : []),
    `Answers with ${answer}.`,
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...codes,
    '',
  ];
}

function schemaOf(name, schema) {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(
    ([member, of]) =>
      `| \`${member}\`${required.has(member) ? '' : ' ?'} | ${typeOf(of)} | ${cell(of.description ?? '')} |`,
  );
  if (rows.length === 0) return [`### ${name}`, '', 'An object with names of its own.', ''];
  return [`### ${name}`, '', '| member | type | meaning |', '| --- | --- | --- |', ...rows, ''];
}

const reference = [
  '# HTTP reference',
  '',
  '<!-- Made by scripts/api.mjs from src/status/routes.ts and src/status/openapi-*.ts: change it there. -->',
  '',
  'The agent answers on the unix socket `status.sock` in its `runtimeDir` (`/run/waymark`) always, and over TCP when',
  '`status.http` is configured (the demo: 127.0.0.1:8787). The same as an OpenAPI 3.1 document:',
  '`GET /api/v1/openapi.json`. HEAD works wherever GET does.',
  '',
  '**Who may ask.** On the socket: whoever its mode lets in. Over TCP a request must name this gateway (`Host` with its',
  'port: `localhost`, `127.0.0.1`, `[::1]`, the configured host, the address it has reached and, where the door is open to a',
  'network, the machine’s host name, also with `.local`) and may come from no other site’s page (`Origin`,',
  '`Sec-Fetch-Site`). It may look; to act it needs `Authorization: Bearer TOKEN`, and the door must be on a loopback address.',
  'The token is new at each start, in the file `page-token` (0600) of the runtime directory. Doors marked *socket* are',
  'never open over TCP.',
  '',
  '**Limits.** 16 connections a door, six of them event streams; 5 s for the head of a request, 10 s for all of it; a body',
  'of 4 KiB. A refusal is `{"error":{"code","message","hint"}}` with a code of the error table.',
  '',
  '## Doors',
  '',
  '| door | | what |',
  '| --- | --- | --- |',
  ...Object.values(ROUTES).map(
    ({ method, path, where, needsToken, summary }) =>
      `| \`${method} ${path}\` | ${where === 'socket' ? 'socket' : needsToken ? 'token over TCP' : ''} | ${summary} |`,
  ),
  '',
  ...Object.entries(ROUTES).flatMap(([id, route]) => doorOf(id, route)),
  '## Shapes',
  '',
  'A member with `?` may be missing. New members may come; none of these changes its meaning within `/api/v1`.',
  '',
  ...Object.entries(schemas).flatMap(([name, schema]) => schemaOf(name, schema)),
].join('\n');

const file = resolve(root, 'docs/reference/api.md');
const before = await readFile(file, 'utf8').catch(() => undefined);
if (before !== reference) {
  const name = relative(root, file);
  if (process.argv.includes('--check')) {
    process.stderr.write(`${name} is stale: run node scripts/api.mjs\n`);
    process.exitCode = 1;
  } else {
    await writeFile(file, reference);
    process.stderr.write(`wrote ${name}\n`);
  }
}
