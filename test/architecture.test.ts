// The house stays the house: who may import whom, no cycles, small files, no words that do not belong.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const SRC = join(ROOT, 'src');

const GROUND = ['core'];
/** docs/understand/house.md; the table of rooms. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  config: GROUND,
  link: GROUND,
  vault: GROUND,
  net: GROUND,
  mqtt: [...GROUND, 'net'],
  outbox: [...GROUND, 'vault'],
  modem: [...GROUND, 'link'],
  gnss: [...GROUND, 'link'],
  location: GROUND,
  ztp: [...GROUND, 'net', 'vault'],
  services: [...GROUND, 'net', 'mqtt', 'vault', 'outbox'],
  agent: [
    ...GROUND,
    'config',
    'link',
    'vault',
    'net',
    'mqtt',
    'outbox',
    'modem',
    'gnss',
    'location',
    'ztp',
    'services',
    'status',
  ],
  status: [...GROUND, 'config'],
  cli: [...GROUND, 'agent', 'config', 'vault', 'status', 'sim'],
  sim: [...GROUND, 'link'],
  share: [...GROUND, 'status'],
};

/** Packages a room may use; node built-ins are free. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: ['pino'],
  config: ['valibot', 'yaml', '@valibot/to-json-schema'],
  link: ['serialport', '@serialport/stream', '@serialport/bindings-interface'],
  gnss: ['@serialport/parser-readline'],
  mqtt: ['mqtt'],
  cli: ['commander', 'yaml'],
  // Types only, for the page in the browser.
  status: ['uplot'],
  sim: ['aedes', '@peculiar/x509', 'reflect-metadata'],
  share: ['@peculiar/x509', 'reflect-metadata', 'uqr'],
};

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return entry.name.endsWith('.ts') ? [path] : [];
  });
}

const files = filesIn(SRC);
const roomOf = (file: string): string => relative(SRC, file).split('/')[0] ?? '';
const text = new Map(files.map((file) => [file, readFileSync(file, 'utf8')]));

/** Every import, type-only ones included, static and dynamic, as the compiler sees them. */
function importsOf(file: string): string[] {
  return ts.preProcessFile(text.get(file) ?? '', true, true).importedFiles.map(({ fileName }) => fileName);
}

const targetOf = (file: string, specifier: string): string => resolve(dirname(file), specifier.replace(/\.js$/, '.ts'));

describe('rooms', () => {
  test('every folder in src is a room of the table', () => {
    const rooms = new Set(files.map(roomOf));
    expect([...rooms].filter((room) => !(room in MAY_IMPORT))).toEqual([]);
  });

  test('a room imports only the rooms below it, and only by their face', () => {
    const wrong: string[] = [];
    for (const file of files)
      for (const specifier of importsOf(file).filter((s) => s.startsWith('.') && !s.endsWith('.json'))) {
        const target = targetOf(file, specifier);
        const [from, to] = [roomOf(file), roomOf(target)];
        if (from === to) continue;
        if (!MAY_IMPORT[from]?.includes(to)) wrong.push(`${relative(SRC, file)} may not import ${to}`);
        else if (relative(SRC, target) !== `${to}/index.ts`) {
          const versionFile = from === 'cli' && relative(SRC, target) === 'agent/version.ts';
          if (!versionFile) wrong.push(`${relative(SRC, file)} bypasses the face of ${to}: ${specifier}`);
        }
      }
    expect(wrong).toEqual([]);
  });

  test('packages are used only where they belong', () => {
    const wrong: string[] = [];
    for (const file of files)
      for (const specifier of importsOf(file)) {
        if (specifier.startsWith('.') || specifier.startsWith('node:')) continue;
        if (!PACKAGES[roomOf(file)]?.includes(specifier)) wrong.push(`${relative(SRC, file)} imports ${specifier}`);
      }
    expect(wrong).toEqual([]);
  });

  test('there are no import cycles between files', () => {
    const graph = new Map(
      files.map((file) => [
        file,
        importsOf(file)
          .filter((s) => s.startsWith('.'))
          .map((s) => targetOf(file, s)),
      ]),
    );
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: string[]): void => {
      if (done.has(file)) return;
      const at = path.indexOf(file);
      if (at >= 0) {
        cycles.push([...path.slice(at), file].map((f) => relative(SRC, f)).join(' -> '));
        return;
      }
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  test('no source file grows beyond 400 lines', () => {
    const long = files
      .map((file) => [relative(SRC, file), (text.get(file) ?? '').split('\n').length] as const)
      .filter(([, n]) => n > 400);
    expect(long).toEqual([]);
  });

  test('every file says at its top what it is for', () => {
    const silent = files.filter((file) => !file.endsWith('index.ts') && !/^(\/\/|\/\*)/.test(text.get(file) ?? ''));
    expect(silent.map((file) => relative(SRC, file))).toEqual([]);
  });
});

test('AT command strings live only in the modem room and its simulator', () => {
  const at = /['"`]AT[+#&$][A-Z]/;
  // The scrubber names the commands whose arguments it hides.
  const scrub = join(SRC, 'core/scrub.ts');
  const wrong = files.filter(
    (file) => file !== scrub && !['modem', 'sim'].includes(roomOf(file)) && at.test(text.get(file) ?? ''),
  );
  expect(wrong.map((file) => relative(SRC, file))).toEqual([]);
});
