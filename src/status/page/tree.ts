// What the page shows, as plain values: the gateway writes it as HTML, the browser puts it into the document. Both get
// the same tree from the same view, and neither ever sees markup made of a text that came from outside.
import { replaceUnseen } from '../../core/index.js';

export interface Element {
  tag: string;
  attrs: Readonly<Record<string, string>>;
  children: readonly Node[];
}
export type Node = Element | string;

/** `false` and `undefined` leave the attribute, or the child, out. */
type AttrValue = string | number | boolean | undefined;
export type Child = Node | number | undefined | false | readonly Child[];

/** An operator's name comes from the air and must not rearrange a line. */
export const harmless = (text: string): string => replaceUnseen(text, () => '\ufffd');

function attrsOf(given: Readonly<Record<string, AttrValue>>): Record<string, string> {
  const attrs: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === false) continue;
    attrs[name] = value === true ? '' : harmless(String(value));
  }
  return attrs;
}

function flatten(children: readonly Child[], into: Node[] = []): Node[] {
  for (const child of children) {
    if (child === undefined || child === false || child === '') continue;
    if (typeof child === 'string') into.push(harmless(child));
    else if (typeof child === 'number') into.push(String(child));
    else if ('tag' in child) into.push(child);
    else flatten(child, into);
  }
  return into;
}

/** One element. Attributes are never event handlers and never styles: the page's rules allow neither. */
export function h(tag: string, attrs: Readonly<Record<string, AttrValue>> = {}, ...children: Child[]): Element {
  return { tag, attrs: attrsOf(attrs), children: flatten(children) };
}
