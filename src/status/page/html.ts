// A tree as HTML text. Everything is encoded here, at one place.
import type { Node } from './tree.js';

const CODES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const encode = (text: string): string => text.replace(/[&<>"']/g, (sign) => CODES[sign] ?? '');

const VOID = new Set(['meta', 'link', 'br', 'hr', 'input', 'img']);

export function toHtml(node: Node): string {
  if (typeof node === 'string') return encode(node);
  const attrs = Object.entries(node.attrs)
    .map(([name, value]) => (value === '' ? ` ${name}` : ` ${name}="${encode(value)}"`))
    .join('');
  const inner = node.children.map(toHtml).join('');
  return `<${node.tag}${attrs}>${VOID.has(node.tag) ? '' : `${inner}</${node.tag}>`}`;
}
