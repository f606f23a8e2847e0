// The page as served: the state in plain HTML, nothing inline, and no text from outside that becomes markup.
import { expect, test } from 'vitest';
import type { StatusSnapshot } from '../../../src/status/index.js';
import { renderPage } from '../../../src/status/page/render.js';
import { moodOf } from '../../../src/status/page/view/state.js';
import { pulledSnapshot, servingSnapshot } from './fixture.js';

/** The text of the page without its marks. */
const textOf = (html: string): string =>
  html
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replace(/\s+/g, ' ');

test('what a person needs stands in the HTML: sentence, lamps, numbers, credentials, clouds', () => {
  const text = textOf(renderPage(servingSnapshot()));
  for (const words of [
    'Serving, the receiver uses the corrections.',
    'Modem good',
    'Telit LE910C1-EUX 25.21.226',
    '−95 dBm',
    '2.8 s',
    '12 of 14 satellites used: GPS 3 of 4, Galileo 4 of 4, BeiDou 3 of 3, GLONASS 2 of 3.',
    'ntrip-account valid',
    'deviceWISE online',
    'Nothing waits · 4 confirmed',
  ])
    expect(text).toContain(words);
});

test('the first dark lamp carries its reason, its cure line by line, and what happens next', () => {
  const html = renderPage(pulledSnapshot());
  expect(html.match(/class="cure"/g)).toHaveLength(1);
  expect(html).toContain('<code>link.absent</code>');
  expect(html).toContain('<p>With a hub, try another of its ports: waymark modem list</p>');
  expect(textOf(html)).toContain('What happens next The port is looked for again in 9 s');
});

test('names from the air are text: no markup, no controls, no turned direction', () => {
  const status = servingSnapshot();
  const evil = `"><img src=x onerror=alert(1)>\u202e\u009b31m' `;
  const html = renderPage({
    ...status,
    why: evil,
    lamps: status.lamps.map((lamp) => ({ ...lamp, state: 'dark' as const, reason: evil, hint: evil, next: evil })),
    clouds: status.clouds?.map((cloud) => ({ ...cloud, name: evil, state: evil, sentence: evil })) ?? [],
    credentials: status.credentials.map((each) => ({ ...each, id: evil, state: evil, remedy: evil })),
  });
  expect(html).not.toContain('<img src=x');
  expect(html).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\ufffd\ufffd31m&#39;');
  expect(html).not.toMatch(/[\u009b\u202e]/);
});

test('nothing in the text is a script or a style of its own, and every file is of this gateway', () => {
  const html = renderPage(pulledSnapshot());
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+="/);
  for (const [, where] of html.matchAll(/\s(?:src|href)="([^"]*)"/g)) expect(where).toMatch(/^(?:\/|#)/);
});

test('what is not there is said in plain words', () => {
  const { modem: _modem, receiver: _receiver, located: _located, clouds: _clouds, ...rest } = servingSnapshot();
  const bare: StatusSnapshot = {
    ...rest,
    credentials: [],
    lamps: rest.lamps.map(({ name, since }) => ({ name, since, state: 'absent' as const })),
    bytes: {},
  };
  const text = textOf(renderPage(bare));
  for (const words of [
    'No modem is configured.',
    'No receiver is configured.',
    'No corrections are configured.',
    'No credentials are configured.',
    'No clouds are configured.',
    'Not configured',
  ])
    expect(text).toContain(words);
});

test.each([
  ['all is lit', {}, 'good'],
  ['on the way', { state: 'network' as const }, 'waiting'],
  ['degraded without a dark lamp', { overall: 'degraded' as const, state: 'degraded' as const }, 'waiting'],
  ['the configuration is wrong', { overall: 'failed' as const, state: 'misconfigured' as const }, 'trouble'],
])('the mood when %s', (_when, change, mood) => {
  expect(moodOf({ ...servingSnapshot(), ...change })).toBe(mood);
});

test('a dark lamp needs a look, whatever else works', () => {
  expect(moodOf(pulledSnapshot())).toBe('trouble');
});
