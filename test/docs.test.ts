// The documents keep their word: every link leads somewhere, every command line exists, every configuration is valid.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { buildProgram } from '../src/cli/program.js';
import { parseConfig } from '../src/config/index.js';

const ROOT = resolve(import.meta.dirname, '..');
const SKIPPED = new Set(['node_modules', 'dist', 'dist-packages', '.git', 'coverage']);

const files: string[] = [];
for (const folders = [ROOT]; folders.length > 0; ) {
  const folder = folders.pop() ?? ROOT;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) folders.push(join(folder, entry.name));
    if (entry.isFile() && entry.name.endsWith('.md')) files.push(join(folder, entry.name));
  }
}
const texts = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));
const nameOf = (file: string): string => relative(ROOT, file);

/** The lines of fences with that language ('' for none), or with `undefined` what stands outside of all. */
function fenced(text: string, language: string | undefined): string[] {
  const kept: string[] = [];
  let inside: string | undefined;
  for (const line of text.split('\n')) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence) {
      if (inside === language && language !== undefined) kept.push('\f');
      inside = inside === undefined ? (fence[1] ?? '').trim() : undefined;
    } else if (inside === language) {
      // A line that ends in a backslash goes on in the next.
      const before = kept.at(-1);
      if (before?.endsWith('\\') === true) kept[kept.length - 1] = `${before.slice(0, -1)}${line.trim()}`;
      else kept.push(line);
    }
  }
  return kept;
}

/** Anchors as GitHub makes them of headings, and those written out. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set([...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id));
  for (const line of fenced(text, undefined)) {
    const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = heading
      .replace(/<[^>]*>/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let name = slug;
    for (let more = 1; anchors.has(name); more++) name = `${slug}-${more}`;
    anchors.add(name);
  }
  return anchors;
}

test('every link in the documents leads to a file and an anchor that exist', () => {
  const broken: string[] = [];
  const anchors = new Map<string, Set<string>>();
  const hasAnchor = (file: string, anchor: string): boolean => {
    const known = anchors.get(file) ?? anchorsOf(texts.get(file) ?? '');
    anchors.set(file, known);
    return known.has(anchor);
  };
  const folders = new Set(files.map((file) => dirname(file)));
  for (const [file, text] of texts) {
    for (const [, target = ''] of fenced(text, undefined)
      .join('\n')
      .matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? file : resolve(dirname(file), path);
      const isThere = texts.has(to) || folders.has(to) || (!to.endsWith('.md') && readable(to));
      if (!isThere || (anchor !== undefined && !hasAnchor(to, anchor))) broken.push(`${nameOf(file)}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

/** A command line without what the shell does: variables, pipes, remarks, a user changed before. */
function wordsOf(line: string): string[] | undefined {
  const call = /(?:^|[;&|]\s*|\s--\s|^sudo (?:-u \S+ )?)waymark(\s.*)?$/.exec(line.trim().replace(/^\$ /, ''));
  if (!call) return undefined;
  const [own = ''] = (call[1] ?? '').split(/\s[#|;>]|\s&&?(?:\s|$)|\s2>/);
  return [...own.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, one, two, bare]) => one ?? two ?? bare ?? '');
}

/** What the program says against a command line, without running it. */
async function refusalOf(words: string[]): Promise<string | undefined> {
  const seen = { isUnderstood: false };
  const program = buildProgram(() => () => {
    seen.isUnderstood = true;
    return Promise.resolve();
  });
  for (const all = [program]; all.length > 0; ) {
    const command = all.pop() ?? program;
    command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    all.push(...command.commands);
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return seen.isUnderstood ? undefined : 'nothing would be run';
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? undefined : error.message;
    throw error;
  }
}

test('every command line in the documents is one that the program understands', async () => {
  const wrong: string[] = [];
  let count = 0;
  for (const [file, text] of texts) {
    const lines = ['', 'sh', 'bash', 'console'].flatMap((language) => fenced(text, language));
    for (const line of lines) {
      const words = wordsOf(line);
      if (words === undefined || words.length === 0) continue;
      count++;
      const refusal = await refusalOf(words);
      if (refusal !== undefined) wrong.push(`${nameOf(file)}: waymark ${words.join(' ')}: ${refusal}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(30);
});

test('every configuration in the documents is one that the program accepts, whole or as a part', () => {
  const wrong: string[] = [];
  let count = 0;
  for (const [file, text] of texts) {
    const parts = fenced(text, 'yaml').join('\n').split('\f');
    for (const part of parts.filter((each) => each.trim() !== '')) {
      // Manifests for other programs (compose, Prometheus, Kubernetes) are theirs to judge.
      if (/^(?:services|groups|scrape_configs|apiVersion|global|rule_files):/m.test(part)) continue;
      count++;
      const { problems } = parseConfig(/^version:/m.test(part) ? part : `version: 1\n${part}`, nameOf(file));
      // A part may lean on sections that it does not show; a key that does not exist is wrong anywhere.
      for (const { message, path } of problems)
        if (/^unknown key|does not belong here/.test(message)) wrong.push(`${nameOf(file)}: ${path} ${message}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(count).toBeGreaterThan(3);
});

test('every document is reached from their map, by links alone', () => {
  const docs = join(ROOT, 'docs');
  const reached = new Set<string>();
  for (const open = [join(docs, 'README.md')]; open.length > 0; ) {
    const file = open.pop() ?? docs;
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, target = ''] of (texts.get(file) ?? '').matchAll(/\]\(([^)\s#]+)[^)\s]*\)/g)) {
      const to = resolve(dirname(file), target);
      // A folder is a list of its files.
      open.push(...files.filter((each) => each === to || dirname(each) === to));
    }
  }
  const all = files.filter((file) => file.startsWith(`${docs}/`));
  expect(all.filter((file) => !reached.has(file)).map(nameOf)).toEqual([]);
  expect(all.length).toBeGreaterThan(30);
});
