// `npm run proof`: the long counts in full, which CI runs a tenth of; writes docs/proof.md with figures, seeds and commit.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll } from './build.mjs';
import { ensureTools } from './tools.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const data = process.env.WAYMARK_DATA ?? resolve(root, '../shared/data');
const counts = {
  WAYMARK_FUZZ: process.env.WAYMARK_FUZZ ?? '100000',
  WAYMARK_LONG: process.env.WAYMARK_LONG ?? '200',
  WAYMARK_KILLS: process.env.WAYMARK_KILLS ?? '50',
};
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** The counted proofs: file, what it shows, and the variable that holds its count (or the count in words). */
const PROOFS = [
  ['test/link/serial.test.ts', 'a serial unplug under 10 kB/s is never missed', 'WAYMARK_LONG'],
  ['test/link/replug.test.ts', 'a module that comes back is answered soon, and nothing leaks', 'WAYMARK_LONG'],
  [
    'test/scenarios/kill-during-provisioning',
    'kill -9 during provisioning leaves a whole identity or none',
    'WAYMARK_KILLS',
  ],
  ['test/scenarios/a-wrong-app-token', 'a wrong deviceWISE app token is not hammered with, on both roads', 'a day'],
  ['test/outbox/kill.test.ts', 'kill -9 loses no accepted record (four kills for each counted)', 'WAYMARK_KILLS'],
  [
    'test/scenarios/killed-while-publishing-and-running-methods',
    'kill -9 while deviceWISE is told and calls methods: nothing accepted is lost, no method runs twice',
    'WAYMARK_KILLS',
  ],
  ['test/interop/prometheus.test.ts', 'a Prometheus server scrapes the demo without an error', '60 s'],
  ['test/fuzz/outbox.test.ts', 'files of the outbox: any damage', 'WAYMARK_FUZZ'],
  ['test/fuzz/at.test.ts', 'AT tokenizer and channel: any bytes, any cut', 'WAYMARK_FUZZ'],
  ['test/fuzz/at-parsers.test.ts', 'everything that reads an AT line, each so many cases', 'WAYMARK_FUZZ'],
  ['test/fuzz/gnss.test.ts', 'GNSS framers and parsers: any bytes, any cut', 'WAYMARK_FUZZ'],
  ['test/services/ntrip/fuzz.test.ts', 'answers and bodies of casters: any bytes, any cut', 'WAYMARK_FUZZ'],
  ['test/fuzz/ztp.test.ts', 'provisioning answers: any text', 'WAYMARK_FUZZ'],
  ['test/fuzz/config.test.ts', 'configuration files: any text', 'WAYMARK_FUZZ'],
];

// What is proved is what stood here when the run began.
const commit = git('rev-parse', '--short=12', 'HEAD');
const changes = git('status', '--porcelain', '--', 'src', 'test') === '' ? '' : ' with changes';

ensureTools();
await buildAll();
const work = mkdtempSync(join(tmpdir(), 'waymark-proof-'));
const env = { ...process.env, ...counts, WAYMARK_DATA: data, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const rows = [];
/** Lines of a run that begin with `figure:`, under the name of their row. */
const figures = [];
let failed = false;

function collectFigures(what, output) {
  // Colours may stand before the word.
  for (const [, text] of output.matchAll(/^(?:\x1b\[[0-9;]*m)*figure: (.*)$/gm)) figures.push([what, text.trim()]);
}

/** Runs a program whose output is seen while it lasts. Resolves with its status and what it wrote to stdout. */
function run(argv) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, argv, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
      env,
    });
    let output = '';
    child.stdout.on('data', (bytes) => {
      process.stdout.write(bytes);
      output += bytes.toString('latin1');
    });
    child.on('close', (status) => resolve({ status, output: Buffer.from(output, 'latin1').toString() }));
  });
}

for (const [file, what, variable] of PROOFS) {
  const count = counts[variable] ?? variable;
  process.stderr.write(`${what}: ${count} …\n`);
  const report = join(work, 'report.json');
  rmSync(report, { force: true });
  const started = Date.now();
  const { status, output } = await run([
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    file,
    '--testTimeout',
    '3600000',
    '--reporter',
    'default',
    '--reporter',
    'json',
    '--outputFile.json',
    report,
  ]);
  collectFigures(what, output);
  const { numPassedTests: passed = 0, numFailedTests: lost = 0 } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : {};
  rows.push([what, count, `${passed} passed, ${lost} failed`, `${Math.round((Date.now() - started) / 1000)} s`]);
  failed ||= status !== 0;
}
{
  const what = 'AT engine beside splitting lines';
  process.stderr.write(`${what} …\n`);
  const started = Date.now();
  const { status, output } = await run([join(root, 'scripts/bench.mjs'), 'at']);
  collectFigures(what, output);
  rows.push([what, '10 M lines', status === 0 ? 'passed' : 'failed', `${Math.round((Date.now() - started) / 1000)} s`]);
  failed ||= status !== 0;
}
{
  const what = 'GNSS framers beside a bare CRC loop';
  process.stderr.write(`${what} …\n`);
  const started = Date.now();
  const { status, output } = await run([join(root, 'scripts/bench.mjs'), 'framer', '--rounds', '15']);
  collectFigures(what, output);
  rows.push([what, '6 streams', status === 0 ? 'passed' : 'failed', `${Math.round((Date.now() - started) / 1000)} s`]);
  failed ||= status !== 0;
}
for (const [part, what] of [
  ['memory', 'agent and simulators under the memory of a small board'],
  ['arm64', 'the arm64 package in a clean Debian 13, emulated'],
]) {
  process.stderr.write(`${what} …\n`);
  const started = Date.now();
  const { status, output } = await run([join(root, 'scripts/pi-check.mjs'), '--only', part]);
  collectFigures(what, output);
  const result = status === 0 ? 'passed' : status === 69 ? 'cannot run here' : 'failed';
  rows.push([what, '1', result, `${Math.round((Date.now() - started) / 1000)} s`]);
  failed ||= status !== 0;
}
if (existsSync(data)) {
  const run = spawnSync(process.execPath, [join(root, 'scripts/capture-check.mjs')], {
    cwd: root,
    encoding: 'utf8',
    env,
  });
  process.stdout.write(run.stdout);
  for (const line of run.stdout.trim().split('\n')) rows.push([line, '1', run.status === 0 ? 'passed' : 'failed', '']);
  failed ||= run.status !== 0;
}
rmSync(work, { recursive: true, force: true });

writeFileSync(
  join(root, 'docs/proof.md'),
  `# Proof

The long counts in full, as \`npm run proof\` ran them. CI runs a tenth of each. Random inputs come from generators seeded
with 1, 2, 3 …: a failing case names its seed. The kills of deviceWISE say theirs, and \`WAYMARK_SEED\` repeats it.

Commit ${commit}${changes}, Node ${process.versions.node}, ${process.arch}, ${cpus().length} processors, ${new Date().toISOString().slice(0, 10)}.

| what | count | result | time |
| --- | --- | --- | --- |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}

## Figures

| run | figure |
| --- | --- |
${figures.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`,
);
process.stderr.write(`docs/proof.md written\n`);
process.exit(failed ? 1 : 0);
