// The text of a first configuration: the keys that were answered, each with its meaning from the schema, and the others of
// the same sections behind a #, with their defaults. Nothing is written here twice: what the schema says is what stands
// in the file.
import schema from '../../config/waymark.schema.json' with { type: 'json' };
import { guidePath } from './guide.js';

/** Values by section and key; a section may be empty. */
export interface Values {
  [key: string]: string | number | boolean | Values;
}

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Readonly<Record<string, Node>>;
}

const ROOT = schema as Node;
const WIDTH = 110;
/** In front of a key that is not in force, until the whole text is made: told from its comment by this. */
const ASLEEP = '#\u0000 ';

/** What the schema says of a key such as `losant.accessKey`. */
export function meaningOf(key: string): string {
  let node: Node | undefined = ROOT;
  for (const name of key.split('.')) node = node?.properties?.[name];
  return node?.description ?? '';
}

function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + word.length + 3 > WIDTH) {
      lines.push(line);
      line = '';
    }
    line += `${line === '' ? '' : ' '}${word}`;
  }
  return [...lines, line].map((each) => `${indent}# ${each}`);
}

/** Texts in quotes where YAML would read something else. */
function scalar(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  const isPlain = /^[A-Za-z/][\w./:@-]*$/.test(value) && !/^(?:true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return isPlain && !value.endsWith(':') ? value : `'${value.replaceAll("'", "''")}'`;
}

/** A section must hold something: its first default is written as it is. */
function withFirst(lines: readonly string[]): string[] {
  const at = lines.findIndex((line) => line.includes(ASLEEP));
  return lines.map((line, i) => (i === at ? line.replace(ASLEEP, '') : line));
}

function body(node: Node, values: Values, indent: string): string[] {
  const lines: string[] = [];
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const value = values[key];
    if (value === undefined) {
      if (child.default === undefined || typeof child.default === 'object') continue;
      lines.push(...comment(child.description ?? '', indent), `${indent}${ASLEEP}${key}: ${scalar(child.default)}`);
    } else if (typeof value === 'object') {
      lines.push(...comment(child.description ?? '', indent));
      const inner = body(child, value, `${indent}  `);
      lines.push(`${indent}${key}:`, ...(inner.some((line) => !/^\s*#/.test(line)) ? inner : withFirst(inner)));
    } else lines.push(...comment(child.description ?? '', indent), `${indent}${key}: ${scalar(value)}`);
  }
  return lines;
}

/** The whole file. Keys that the schema does not know are left out. */
export function composeFile(values: Values): string {
  const lines = [
    '# A Waymark gateway. Lines behind a # show what else there is, with what is in force without them.',
    `# Every key is explained in ${guidePath('reference/config.md')}; \`waymark config check -c FILE\` judges this file.`,
    '# Secrets never stand here: each is in a file of its own (chmod 600), which is named here.',
    '',
  ];
  const others: string[] = [];
  for (const [key, child] of Object.entries(ROOT.properties ?? {})) {
    const value = values[key];
    if (child.type === 'object' || typeof value === 'object') {
      if (typeof value !== 'object') {
        others.push(key);
        continue;
      }
      lines.push('');
    }
    lines.push(...body({ properties: { [key]: child } }, value === undefined ? {} : { [key]: value }, ''));
  }
  lines.push('', ...comment(`More sections: ${others.join(', ')}.`, ''), '');
  return lines
    .join('\n')
    .replaceAll(ASLEEP, '# ')
    .replace(/\n{3,}/g, '\n\n');
}
