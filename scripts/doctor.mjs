// Writes the part of docs/operate/doctor.md that says what each check looks at and what cures it, from the declared list
// in src/agent/doctor/checks.ts. `--check` writes nothing and fails when the page is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';

const PAGE = 'docs/operate/doctor.md';
const BEGIN = '<!-- checks: made by scripts/doctor.mjs from src/agent/doctor/checks.ts -->';
const END = '<!-- end -->';
const file = resolve(dirname(fileURLToPath(import.meta.url)), '..', PAGE);

const unregister = register();
const { CHECKS } = await import('../src/agent/doctor/checks.ts');
await unregister();

const title = (id) => CHECKS.find((check) => check.id === id)?.title ?? id;
const cell = (text) => text.replaceAll('|', '\\|');
const sections = CHECKS.flatMap(({ id, title: name, looksAt, needs, cures, deadlineMs }, i) => [
  `<a id="${id}"></a>`,
  '',
  `### ${i + 1}. ${name}`,
  '',
  `Looks at ${looksAt}.${needs.length > 0 ? ` After: ${needs.map(title).join(', ')}.` : ''} At most ${deadlineMs / 1000} s.`,
  '',
  '| found | cure |',
  '| --- | --- |',
  ...cures.map(([trouble, cure]) => `| ${cell(trouble)} | ${cell(cure)} |`),
  '',
]);

const before = await readFile(file, 'utf8');
const [from, to] = [before.indexOf(BEGIN), before.indexOf(END)];
if (from < 0 || to < from) throw new Error(`${PAGE}: the marks of the generated part are missing`);
const after = `${before.slice(0, from)}${BEGIN}\n\n${sections.join('\n')}${before.slice(to)}`;
if (after !== before) {
  if (process.argv.includes('--check')) {
    process.stderr.write(`${PAGE} is stale: run node scripts/doctor.mjs\n`);
    process.exitCode = 1;
  } else {
    await writeFile(file, after);
    process.stderr.write(`wrote ${PAGE}\n`);
  }
}
