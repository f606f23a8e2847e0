// Puts a tree into the document and changes only what differs: focus, selection, open tables and the reader's place stay,
// and a sentence that has not changed is not read out again.
import type { Element as Wanted, Node as WantedNode } from '../tree.js';

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'g', 'path', 'circle', 'rect', 'text', 'title']);

export function create(wanted: Wanted): HTMLElement;
export function create(wanted: WantedNode): Node;
export function create(wanted: WantedNode): Node {
  if (typeof wanted === 'string') return document.createTextNode(wanted);
  const made = SVG_TAGS.has(wanted.tag)
    ? document.createElementNS(SVG, wanted.tag)
    : document.createElement(wanted.tag);
  for (const [name, value] of Object.entries(wanted.attrs)) made.setAttribute(name, value);
  for (const child of wanted.children) made.appendChild(create(child));
  return made;
}

function patchAttrs(there: Element, { attrs }: Wanted): void {
  for (const [name, value] of Object.entries(attrs))
    if (there.getAttribute(name) !== value) there.setAttribute(name, value);
  // What the visitor has opened stays open.
  for (const { name } of [...there.attributes]) if (!(name in attrs) && name !== 'open') there.removeAttribute(name);
}

function patchOne(there: ChildNode, wanted: WantedNode): void {
  if (typeof wanted === 'string') {
    if (there instanceof Text) {
      if (there.data !== wanted) there.data = wanted;
    } else there.replaceWith(create(wanted));
    return;
  }
  if (!(there instanceof Element) || there.tagName.toLowerCase() !== wanted.tag) {
    there.replaceWith(create(wanted));
    return;
  }
  patchAttrs(there, wanted);
  patchChildren(there, wanted.children);
}

export function patchChildren(parent: Element, wanted: readonly WantedNode[]): void {
  // Text that the parser joined stands as one node: neighbours that are both text are one here as well.
  const joined: WantedNode[] = [];
  for (const child of wanted) {
    const last = joined.at(-1);
    if (typeof child === 'string' && typeof last === 'string') joined[joined.length - 1] = last + child;
    else joined.push(child);
  }
  joined.forEach((child, i) => {
    const there = parent.childNodes[i];
    if (there) patchOne(there, child);
    else parent.appendChild(create(child));
  });
  while (parent.childNodes.length > joined.length) parent.lastChild?.remove();
}

/** The place of that id: the page has it, or it is a defect. */
export function place(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}
