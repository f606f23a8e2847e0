// The page as served: the state in plain HTML, nothing inline, and no text from outside that becomes markup.
import { expect, test } from 'vitest';
import { describeStatus, type StatusSnapshot } from '../../../src/status/index.js';
import { renderPage } from '../../../src/status/page/render.js';
import { moodOf } from '../../../src/status/page/view/state.js';
import { sentence } from '../../../src/status/page/words.js';
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
  const said = 'he module is unplugged or off (/dev/serial/by-id/usb-Telit_LE910C1-if03-port0: the far side hung up)';
  expect(html).toContain(`<p>T${said}</p>`);
  expect(describeStatus(pulledSnapshot(), { colour: false })).toContain(`  ○ modem       t${said}\n`);
});

test('a name of a host or a file keeps its first letter', () => {
  expect(['localhost/NEAR: ended', 'pp.example.com: reset', 'the SIM/card', 'ntrip to x'].map(sentence)).toEqual([
    ...['localhost/NEAR: ended', 'pp.example.com: reset', 'The SIM/card', 'NTRIP to x'],
  ]);
});

test('names from the air are text: no markup, no controls, no turned direction', () => {
  const status = servingSnapshot();
  const evil = `"><img src=x onerror=alert(1)>\u202e\u009b\u061c\u200b\u2069\ufeff31m' `;
  const html = renderPage({
    ...status,
    why: evil,
    lamps: status.lamps.map((lamp) => ({ ...lamp, state: 'dark' as const, reason: evil, hint: evil, next: evil })),
    clouds: status.clouds?.map((cloud) => ({ ...cloud, name: evil, state: evil, sentence: evil })) ?? [],
    credentials: status.credentials.map((each) => ({ ...each, id: evil, state: evil, remedy: evil })),
  });
  expect(html).not.toContain('<img src=x');
  expect(html).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd31m&#39;');
  expect(html).not.toMatch(/[\u009b\u061c\u200b\u202e\u2069\ufeff]/);
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

const DATA = {
  monthBytes: 12_400_000,
  budgetBytes: 300 * 1_048_576,
  percent: 3.9,
  since: '2026-11-01T00:00:00.000Z',
  resetsAt: '2026-12-01T00:00:00.000Z',
  byPurpose: {},
  profile: 'normal' as const,
  sentence: '11.8 of 300 MiB used until 2026-12-01 (3 %)',
};

test('the month’s data with its budget; when it runs out there is a notice with the cure', () => {
  const status = servingSnapshot();
  expect(textOf(renderPage({ ...status, data: DATA }))).toContain(
    '11.8 MiB this month, 3 % of 300 MiB until 2026-12-01;',
  );
  const { budgetBytes: _none, percent: _of, ...free } = DATA;
  expect(textOf(renderPage({ ...status, data: free }))).toContain(
    '11.8 MiB this month until 2026-12-01, no budget is set;',
  );
  const full = { ...DATA, percent: 104, profile: 'metered' as const, reason: 'data.over-budget', hint: 'Raise it.' };
  const over = renderPage({ ...status, overall: 'degraded', data: full });
  expect(over).toContain('class="notice dark"');
  expect(textOf(over)).toMatch(/The month’s data is used up 11\.8 of 300 MiB used.* What to do Raise it\./);
  expect(textOf(over)).toContain('Needs a look for');
  expect(textOf(over)).not.toContain('Nothing to do');
  expect(textOf(over)).toContain('metered: data is saved where that harms nobody');
  expect(describeStatus({ ...status, data: full }, { colour: false })).toContain(
    `  data        ${DATA.sentence}\n              → Raise it.\n              more: waymark explain data.over-budget\n`,
  );
});

const problem = { file: '/etc/waymark/gateway.yaml', line: 12, column: 3, path: 'modem.prot', message: '<b>no</b>' };

test('a refused configuration is a notice with each mistake, its line and the cure, the same in the words of status', () => {
  const status = servingSnapshot();
  const config = { state: 'refused' as const, since: status.since, file: problem.file, reloads: 0 };
  const refused = { ...status, config: { ...config, problems: Array(7).fill(problem) } };
  const html = renderPage(refused);
  expect(html.match(/<li>gateway\.yaml:12, modem\.prot: &lt;b&gt;no&lt;\/b&gt;<\/li>/g)).toHaveLength(5);
  expect(textOf(html)).toContain('and 2 more: waymark config check What to do Put it right, then: waymark do');
  expect(describeStatus(refused, { colour: false })).toMatch(
    new RegExp(
      [
        '  config      the file was refused, the configuration before stays in force:',
        ...Array<string>(5).fill(' {14}gateway\\.yaml:12, modem\\.prot: <b>no</b>'),
        ' {14}and 2 more: waymark config check',
        ' {14}→ put it right, then: waymark do reload-config',
      ].join('\n'),
    ),
  );
  expect(renderPage(status)).not.toContain('class="notice ');
});

test.each([
  ['all is lit', {}, 'good'],
  ['a cloud takes nothing', { overall: 'degraded' as const }, 'look'],
  [
    'the file was refused',
    { config: { state: 'refused' as const, since: '', file: '', reloads: 0, problems: [] } },
    'look',
  ],
  ['on the way', { state: 'network' as const }, 'waiting'],
  ['degraded without a dark lamp', { overall: 'degraded' as const, state: 'degraded' as const }, 'waiting'],
  ['the configuration is wrong', { overall: 'failed' as const, state: 'misconfigured' as const }, 'trouble'],
])('the mood when %s', (_when, change, mood) => {
  expect(moodOf({ ...servingSnapshot(), ...change })).toBe(mood);
});

test('a dark lamp needs a look, whatever else works', () => {
  expect(moodOf(pulledSnapshot())).toBe('trouble');
});
