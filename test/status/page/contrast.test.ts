// Every pair of colours that the page's style puts on each other, computed as WCAG 2.2 does, light and dark: 4.5 for text,
// 3 for what is drawn. A colour that the style begins to use without standing in a table here is a failure, too.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const CSS = readFileSync(new URL('../../../src/status/page/page.css', import.meta.url), 'utf8');

type Colours = Readonly<Record<string, string>>;

const colours = (block: string): Colours =>
  Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name = '', value = '']) => [name, value]),
  );

const [LIGHT_BLOCK = '', DARK_BLOCK = ''] = [...CSS.matchAll(/:root \{([^}]+)\}/g)].map(([, block]) => block);
const LIGHT = colours(LIGHT_BLOCK);
const DARK = { ...LIGHT, ...colours(DARK_BLOCK) };

type Rgb = readonly [number, number, number];

const rgb = (hex: string): Rgb => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as unknown as Rgb;

function luminance(colour: Rgb): number {
  const [r = 0, g = 0, b = 0] = colour
    .map((value) => value / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: Rgb, b: Rgb): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

const mixed = (over: Rgb, under: Rgb, opacity: number): Rgb =>
  over.map((value, i) => value * opacity + (under[i] ?? 0) * (1 - opacity)) as unknown as Rgb;

const TEXT: Readonly<Record<string, readonly string[]>> = {
  ink: ['ground', 'card', 'lit-ground', 'waiting-ground', 'dark-ground'],
  quiet: ['ground', 'card'],
  accent: ['ground', 'card', 'lit-ground'],
  'accent-ink': ['accent'],
  lit: ['card', 'lit-ground'],
  waiting: ['card', 'waiting-ground'],
  dark: ['card', 'dark-ground'],
  absent: ['absent-ground'],
};

/** Lamps, marks, lines and the edges of what can be pressed. */
const DRAWN: Readonly<Record<string, readonly string[]>> = {
  lit: ['card', 'lit-ground', 'grid'],
  waiting: ['card', 'waiting-ground', 'grid'],
  dark: ['card', 'dark-ground', 'grid'],
  absent: ['card'],
  accent: ['ground', 'card'],
  quiet: ['card'],
  'line-1': ['card'],
  'line-2': ['card'],
  ...Object.fromEntries(['gps', 'galileo', 'beidou', 'glonass', 'other'].map((name) => [name, ['card']])),
  // The sign in a lamp, the rim of the newest position.
  card: ['lit', 'dark', 'accent'],
};

/** Grounds, and what only divides: it may be faint. */
const QUIET: readonly string[] = [...Object.values(TEXT).flat(), 'edge', 'grid', 'fill-1', 'shadow'];

const below = (scheme: Colours, table: typeof TEXT, least: number): string[] =>
  Object.entries(table).flatMap(([over, unders]) =>
    unders.flatMap((under) => {
      const found = contrast(rgb(scheme[over] ?? ''), rgb(scheme[under] ?? ''));
      return found >= least ? [] : [`${over} on ${under}: ${found.toFixed(2)}`];
    }),
  );

const usedBy = (property: RegExp): string[] => [
  ...new Set(
    [...CSS.matchAll(/^\s+([\w-]+): ([^;]*);/gm)]
      .filter(([, name = '']) => property.test(name))
      .flatMap(([, , value = '']) => [...value.matchAll(/var\(--([\w-]+)\)/g)].map(([, name = '']) => name)),
  ),
];

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
])('%s', (_name, scheme) => {
  test('text can be read, what is drawn can be seen', () => {
    expect(below(scheme, TEXT, 4.5)).toEqual([]);
    expect(below(scheme, DRAWN, 3)).toEqual([]);
  });

  test('also what is let through in part: positions, a primary button under the pointer', () => {
    const at = (name: string): Rgb => rgb(scheme[name] ?? '');
    const opacity = Number(/\.point \{[^}]*opacity: ([\d.]+);/.exec(CSS)?.[1]);
    for (const name of ['waiting', 'accent'])
      expect(contrast(mixed(at(name), at('card'), opacity), at('card')), name).toBeGreaterThanOrEqual(3);
    const bright = Number(/filter: brightness\(([\d.]+)\)/.exec(CSS)?.[1]);
    const hovered = at('accent').map((value) => Math.min(255, value * bright)) as unknown as Rgb;
    expect(contrast(at('accent-ink'), hovered)).toBeGreaterThanOrEqual(4.5);
  });
});

test('every colour in use stands in a table, and text is never faded', () => {
  expect(usedBy(/^color$/).filter((name) => !(name in TEXT))).toEqual([]);
  const drawn = usedBy(/^(?:fill|stroke|background|border(?:-color|-top|-bottom)?|outline|box-shadow)$/);
  expect(drawn.filter((name) => !(name in DRAWN) && !(name in TEXT) && !QUIET.includes(name))).toEqual([]);
  const faded = [...CSS.matchAll(/([^{}]+)\{[^{}]*opacity: 0?\.\d+/g)].map(([, selector = '']) => selector.trim());
  expect(faded).toEqual(['.lamp.lit:not(:last-child)::before', '.point', 'button[aria-disabled="true"]']);
});
