// A configuration file's text in today's layout, with its comments, order and blank lines: the same edits as in memory
// (migrate.ts), done to the document instead of the data.
import { type Document, isMap, isPair, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { parseYaml } from './document.js';
import { type Edit, editsFrom, LAYOUT, type Layout, migrate } from './migrate.js';

export type Upgrade =
  | { is: 'current' }
  | { is: 'upgraded'; from: number; to: number; text: string; edits: readonly Edit[] }
  | { is: 'refused'; message: string };

const keyOf = (pair: unknown): unknown => (isPair(pair) ? (isScalar(pair.key) ? pair.key.value : pair.key) : undefined);

function sectionAt(document: Document, path: readonly string[]): YAMLMap | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  return isMap(node) ? node : undefined;
}

/** Takes the pair out, comments and all; sections it leaves empty go with it. */
function take(document: Document, path: readonly string[]): Pair | undefined {
  const parent = path.slice(0, -1);
  const section = sectionAt(document, parent);
  const at = section?.items.findIndex((pair) => keyOf(pair) === path.at(-1)) ?? -1;
  const [pair] = at >= 0 && section ? section.items.splice(at, 1) : [];
  return pair;
}

function put(document: Document, path: readonly string[], pair: Pair): void {
  const parent = path.slice(0, -1);
  if (!sectionAt(document, parent)) document.setIn(parent, document.createNode({}));
  if (isScalar(pair.key)) pair.key.value = path.at(-1);
  else pair.key = document.createNode(path.at(-1));
  sectionAt(document, parent)?.items.push(pair);
}

function apply(document: Document, edit: Edit): void {
  switch (edit.is) {
    case 'move': {
      const pair = take(document, edit.from);
      if (pair && !document.hasIn(edit.to)) put(document, edit.to, pair);
      return;
    }
    case 'remove':
      take(document, edit.path);
      return;
    case 'value': {
      const node = document.getIn(edit.path, true);
      if (isScalar(node) && node.value === edit.from) node.value = edit.to;
    }
  }
}

/** Pure: never throws for what the text holds. */
export function upgradeText(text: string, layout: Layout = LAYOUT): Upgrade {
  const { data, findings } = parseYaml(text);
  const [first] = findings;
  if (!data || first)
    return { is: 'refused', message: first ? `line ${first.line}: ${first.message}` : 'holds no keys' };
  const migration = migrate(data, layout);
  if (migration.is === 'refused') return { is: 'refused', message: `version ${migration.message}` };
  const from = data['version'] as number;
  if (from === layout.version) return { is: 'current' };
  const document = parseDocument(text, { keepSourceTokens: true });
  const edits = editsFrom(from, layout);
  for (const edit of edits) apply(document, edit);
  document.set('version', layout.version);
  return { is: 'upgraded', from, to: layout.version, text: document.toString({ lineWidth: 0 }), edits };
}

/** An edit in words. */
export function editWords(edit: Edit): string {
  switch (edit.is) {
    case 'move':
      return `${edit.from.join('.')} is now ${edit.to.join('.')}`;
    case 'remove':
      return `${edit.path.join('.')} has no meaning any more`;
    case 'value':
      return `${edit.path.join('.')}: ${JSON.stringify(edit.from)} is now ${JSON.stringify(edit.to)}`;
  }
}
