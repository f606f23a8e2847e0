// Writes the dialogues of docs/understand/at-dw-commands.md: a simulated module is typed at, over a clock that only moves
// when it is told to, and everything both sides say is noted (transcripts/desk.mjs). What is said is in
// transcripts/scenes.mjs. A dialogue stands between
//
//   <!-- transcript: NAME -->
//   <!-- end -->
//
// `--check` writes nothing and fails when a page is not what the simulator says today.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDesk } from './transcripts/desk.mjs';
import { SCENES } from './transcripts/scenes.mjs';

const PAGE = 'docs/understand/at-dw-commands.md';
const file = resolve(dirname(fileURLToPath(import.meta.url)), '..', PAGE);

const before = await readFile(file, 'utf8');
const wanted = [...before.matchAll(/^<!-- transcript: ([\w-]+) -->$/gm)].map(([, name]) => name);
const problems = [
  ...wanted.filter((name) => !Object.hasOwn(SCENES, name)).map((name) => `${name} is on the page and no scene`),
  ...Object.keys(SCENES)
    .filter((name) => !wanted.includes(name))
    .map((name) => `${name} is a scene and not on the page`),
];
if (problems.length > 0) throw new Error(`${PAGE}: ${problems.join('; ')}`);

let after = before;
for (const name of wanted) {
  const desk = await openDesk();
  await SCENES[name](desk);
  const block = `<!-- transcript: ${name} -->\n\n\`\`\`text\n${desk.close()}\n\`\`\`\n\n<!-- end -->`;
  const place = new RegExp(`<!-- transcript: ${name} -->\n.*?<!-- end -->`, 's');
  if (!place.test(after)) throw new Error(`${PAGE}: the transcript ${name} has no end`);
  after = after.replace(place, () => block);
}

if (after !== before) {
  if (process.argv.includes('--check')) {
    process.stderr.write(`${PAGE} is stale: run node scripts/transcripts.mjs\n`);
    process.exitCode = 1;
  } else {
    await writeFile(file, after);
    process.stderr.write(`wrote ${PAGE}\n`);
  }
}
