// The page walked as a person does, in Debian's Chromium, beside the running demo: from a fresh start to all lamps lit, a
// pulled module told and healed, actions with and without the token. Nothing may be said to the console, nothing may leave
// the host. With WAYMARK_SCREENSHOTS=FOLDER it takes pictures at the size of a phone and of a desk, light and dark.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Browser, chromium, type Page, type Response } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClock, sleep } from '../../src/core/index.js';
import { type CliProcess, cli, startCli } from '../helpers/cli.js';

const CHROMIUM = {
  executablePath: '/usr/bin/chromium',
  args: [
    ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
    ...['--disable-component-update', '--disable-sync'],
  ],
};
const PICTURES = process.env['WAYMARK_SCREENSHOTS'];

const clock = createClock();
let home: string;
let demo: CliProcess;
let browser: Browser;
let page: Page;
let url: string;
let runtimeDir: string;
const complaints: string[] = [];
const strangers: string[] = [];

/** What a program prints sooner or later. */
async function printed({ output }: CliProcess, what: RegExp): Promise<string> {
  const endMs = clock.mono() + 15_000;
  for (;;) {
    const found = what.exec(output.stderr + output.stdout)?.[0];
    if (found !== undefined) return found;
    if (clock.mono() > endMs) throw new Error(`no ${what.source}: ${output.stderr}`);
    await sleep(clock, 50);
  }
}

/** The answer's code to a request with these headers, made without a browser's care for them. */
const rawCode = (path: string, headers: Record<string, string>, method = 'GET', body = ''): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), { method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('error', reject);
    asked.end(body);
  });

async function takePictures(what: string, of = page): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  const before = of.viewportSize();
  for (const [name, width, height] of [
    ['narrow', 320, 640],
    ['phone', 390, 844],
    ['desk', 1280, 900],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      await of.setViewportSize({ width, height });
      await of.emulateMedia({ colorScheme });
      await of.screenshot({ path: join(PICTURES, `${what}-${name}-${colorScheme}.png`), fullPage: true });
    }
  if (before) await of.setViewportSize(before);
}

function listen(to: Page): void {
  to.on('console', (said) => complaints.push(`${said.type()}: ${said.text()} ${said.location().url}`));
  to.on('pageerror', (error) => complaints.push(error.message));
  to.on('request', (asked) => {
    if (!/^(?:https?:\/\/127\.0\.0\.1:|data:)/.test(asked.url())) strangers.push(asked.url());
  });
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'waymark-page-'));
  demo = startCli(['demo', '--state-dir', home]);
  [url, browser] = await Promise.all([printed(demo, /http:\/\/127\.0\.0\.1:\d+\//), chromium.launch(CHROMIUM)]);
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  listen(page);
});

afterAll(async () => {
  await browser.close();
  demo.child.kill('SIGTERM');
  await demo.ended;
  rmSync(home, { recursive: true, force: true });
});

/** A chain without a lamp that is not lit. */
const ALL_LIT = '.chain:not(:has(.lamp:not(.lit)))';

test('the sentence of state stands in the page as it is served, before any script', async () => {
  const served = await (await fetch(url)).text();
  expect(served).toMatch(/<h1[^>]*>[A-Z][^<]+\.<\/h1>/);
  expect(served).toContain('>Credentials</h2>');
  expect(served).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/);
});

test('from a fresh start to all lamps lit, by itself', async () => {
  await page.goto(url);
  await page.locator(ALL_LIT).waitFor({ timeout: 25_000 });
  expect(await page.locator('h1').textContent()).toMatch(/^Serving/);
  expect(await page.locator('#live').textContent()).toBe('Live');
  await page.locator('#plot-data canvas').waitFor();
  await page.locator('.card-sky svg.plot').waitFor();
  await takePictures('serving');
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
});

test('who hears the page finds the sentence, each lamp with its state, every part and button by role and name', async () => {
  const heard = (await page.locator('body').ariaSnapshot())
    .split('\n')
    .map((line) => line.trim().replace(/^- |'|:$/g, ''));
  for (const name of ['Modem', 'SIM', 'Network', 'Identity', 'Session', 'Corrections', 'Fix'])
    expect(heard).toContain(`heading "${name} good" [level=3]`);
  expect(heard.filter((line) => line.startsWith('heading "Serving'))).toHaveLength(1);
  for (const title of ['Position', 'Sky', 'Credentials', 'Clouds', 'Actions', 'Log', 'Details', 'Signal', 'Data use'])
    expect(heard).toContain(`region "${title}"`);
  // Nothing that can be pressed, chosen or looked at is without a name.
  const ROLES = /^(?:button|link|radio|combobox|img|region|heading|dialog|group)\b/;
  expect(heard.filter((line) => ROLES.test(line) && !/^\w+ "\S/.test(line) && !/^group: \S/.test(line))).toEqual([]);
  expect(heard).toEqual(
    expect.arrayContaining(['button "Ask for corrections again"', 'combobox "Show"', 'status: Live']),
  );
});

/** From now on the page notes what it reads out by itself. */
const FOLLOW_HEARD = `{
  const heard = [];
  const note = (region, records) => {
    heard.push(...records.map(() => region.textContent));
    document.body.dataset.heard = JSON.stringify(heard);
  };
  const regions = [...document.querySelectorAll('[aria-live]')];
  const all = { subtree: true, childList: true, characterData: true };
  for (const region of regions)
    new MutationObserver((records) => note(region, records)).observe(region, all);
  regions.map((region) => region.getAttribute('aria-live'));
}`;

/** From now on the page notes which lamp was the first to look at, with a mark where one before it was out as well. */
const FOLLOW_FIRST = `{
  const seen = [];
  const look = () => {
    const lamps = [...document.querySelectorAll('.lamp')];
    const first = lamps.findIndex((lamp) => lamp.matches('.first'));
    const name = lamps[first]?.querySelector('h3').firstChild.textContent;
    const said = first > 2 && lamps.slice(0, 3).some((lamp) => !lamp.matches('.lit')) ? name + '!' : name;
    if (said !== undefined && said !== seen.at(-1)) seen.push(said);
    document.body.dataset.seen = seen.join(' ');
  };
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(look).observe(document.querySelector('.chain'), all);
}`;

test('a pulled module is told with its reason within five seconds, and lit again by itself', async () => {
  await page.evaluate(FOLLOW_FIRST);
  expect(await page.evaluate(FOLLOW_HEARD)).toEqual(['polite', 'polite', 'polite']);
  await cli('sim', 'ctl', '--state-dir', home, 'unplug', 'modem');
  const modem = page.locator('.lamp.dark.first', { has: page.locator('h3', { hasText: 'Modem' }) });
  await modem.locator('.cure code').waitFor({ timeout: 5000 });
  expect(await modem.locator('.cure').textContent()).toMatch(/What happens next/);
  expect(await page.locator('h1').textContent()).toMatch(/^Degraded: modem lost \(the module is unplugged or off\)\.$/);
  await takePictures('pulled');
  await cli('sim', 'ctl', '--state-dir', home, 'replug', 'modem');
  await page.locator(ALL_LIT).waitFor({ timeout: 25_000 });
  // What only followed from it was never told as the cause.
  expect(await page.locator('body').getAttribute('data-seen')).toMatch(/^Modem[^!]*$/);
  // Read out were sentences of state alone, each once, whatever else was counted down beside it.
  const heard = JSON.parse((await page.locator('body').getAttribute('data-heard')) ?? '[]') as string[];
  expect(heard.filter((said, i) => !/^(?:Degraded|Serving)/.test(said) || said === heard[i - 1])).toEqual([]);
  expect(heard.length).toBeLessThan(12);
});

/** The buttons' answers; a button says its own on the page. */
const answered = (from: Page): Promise<Response> =>
  from.waitForResponse((said) => said.request().method() === 'POST' && said.url().endsWith('/api/v1/actions'));

test('an action is refused without the token and done with it', async () => {
  const body = '{"name":"resubscribe"}';
  const json = { 'content-type': 'application/json', 'content-length': String(body.length) };
  expect(await rawCode('/api/v1/actions', json, 'POST', body)).toBe(401);
  const before = complaints.length;
  await page.locator('button[data-action="resubscribe"]').click();
  await page.locator('#ask-field').fill('this-is-not-the-token-of-it');
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.locator('#outcome.dark').waitFor();
  expect(await page.locator('#outcome').textContent()).toContain('refused');
  // The browser itself says to the console that a request was refused; that much is meant.
  expect(complaints.splice(before)).toEqual([
    `error: Failed to load resource: the server responded with a status of 401 (Unauthorized) ${url}api/v1/actions`,
  ]);

  const { page: where } = (await (await fetch(new URL('/api/v1/status', url))).json()) as {
    page: { tokenFile: string };
  };
  runtimeDir = dirname(where.tokenFile);
  const token = readFileSync(where.tokenFile, 'utf8').trim();
  await page.goto(`${url}#token=${token}`);
  await page.reload();
  expect(page.url()).toBe(url);
  const answer = answered(page);
  await page.locator('button[data-action="resubscribe"]').click();
  expect((await answer).status()).toBe(200);
  await page.locator('#outcome.lit', { hasText: /\w/ }).waitFor();
});

/** What has the focus, as a person would name it; with a mark where that cannot be seen. */
const FOCUSED = `{
  const it = document.activeElement;
  const seen = it.type === 'radio' ? it.nextElementSibling : it;
  const name = it.dataset.action || it.getAttribute('href') || it.id || it.tagName.toLowerCase();
  name + (getComputedStyle(seen).outlineStyle === 'none' ? ' (unseen)' : '');
}`;
const focused = (): Promise<string> => page.evaluate(FOCUSED);

test('all of it is reached by the keyboard alone, in the order of the page, and the focus is seen', async () => {
  await page.reload();
  await page.locator('button[data-action="reload-config"]').waitFor();
  await page.locator('#log-lines li').first().waitFor();
  const order: string[] = [];
  for (let i = 0; i < 25 && order.at(-1) !== '/metrics'; i++) {
    await page.keyboard.press('Tab');
    order.push(await focused());
  }
  expect(order).toEqual([
    ...['#main', 'input', 'summary'],
    ...['resubscribe', 'new-session', 'renew-identity', 'recover', 'reset-modem', 'reload-config', 'button'],
    ...['log-level', 'log-pause', 'log-lines', '/api/v1/status', '/api/v1/openapi.json', '/metrics'],
  ]);
  // The choice of how far back goes by arrows, the table opens by the space bar.
  await page.locator('#ranges input').first().focus();
  const hours = page.waitForResponse((said) => said.url().endsWith('history?seconds=21600'));
  await page.keyboard.press('ArrowRight');
  expect((await hours).status()).toBe(200);
  await page.locator('summary').focus();
  await page.keyboard.press('Space');
  await page.locator('.card-sky table').waitFor();
});

test('what interrupts asks first: Escape is no, Enter is yes, and the focus comes back', async () => {
  let asked = 0;
  page.on('request', (each) => {
    if (each.method() === 'POST') asked += 1;
  });
  const button = page.locator('button[data-action="new-session"]');
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'New session?' }).waitFor();
  // Neither the page behind it nor its buttons are reached meanwhile.
  expect(await focused()).toBe('ask-no');
  await page.keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  expect(await focused()).toBe('new-session');
  expect(asked).toBe(0);

  await page.keyboard.press('Space');
  await page.locator('#ask-no').waitFor();
  const answer = answered(page);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect((await answer).status()).toBe(200);
  await page.locator('#outcome.lit', { hasText: /\w/ }).waitFor();
  expect(await focused()).toBe('new-session');
  expect(asked).toBe(1);
});

test('the log is held while somebody reads, and shows only what was chosen', async () => {
  await page.locator('#log-pause').click();
  const held = await page.locator('#log-lines').textContent();
  await page.locator('button[data-action="resubscribe"]').click();
  await page.locator('#log-pause', { hasText: /^Go on \(\d+ new\)$/ }).waitFor();
  expect(await page.locator('#log-lines').textContent()).toBe(held);
  await page.locator('#log-pause').click();
  await page.locator('#log-pause', { hasText: /^Hold$/ }).waitFor();
  await page.locator('#log-level').selectOption('warn');
  await page.locator('#log-lines:not(:has(li.info))').waitFor({ state: 'attached' });
});

test('a foreign name of the host and a foreign page are refused', async () => {
  expect(await rawCode('/', { host: 'evil.example' })).toBe(403);
  expect(await rawCode('/api/v1/status', { origin: 'https://evil.example' })).toBe(403);
  expect(await rawCode('/api/v1/status', { 'sec-fetch-site': 'cross-site' })).toBe(403);
});

/** `waymark page share`, opened as on a phone that is as narrow as they come. */
async function withShared(more: readonly string[], then: (shared: Page) => Promise<void>): Promise<void> {
  const place = ['--runtime-dir', runtimeDir, '--host', '127.0.0.1', '--json'];
  const sharing = startCli(['page', 'share', ...place, ...more]);
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 320, height: 640 } });
  try {
    const shared = await context.newPage();
    listen(shared);
    await shared.goto(await printed(sharing, /https:[^"]+/));
    await shared.locator('#live', { hasText: /^Live$/ }).waitFor();
    await shared.locator('#log-lines li').first().waitFor();
    await then(shared);
    expect(await shared.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  } finally {
    await context.close();
    sharing.child.kill('SIGTERM');
    await sharing.ended;
  }
}

test('a shared page asks for no token, and without buttons it shows none', async () => {
  const acting = withShared([], async (shared) => {
    const answer = answered(shared);
    await shared.locator('button[data-action="resubscribe"]').click();
    expect((await answer).status()).toBe(200);
    await shared.locator('#outcome.lit', { hasText: /\w/ }).waitFor();
    expect(await shared.locator('.token-state').textContent()).toContain('no token is needed');
  });
  const looking = withShared(['--read-only'], async (shared) => {
    await shared.locator('#actions .empty', { hasText: 'looking only' }).waitFor();
    expect(await shared.locator('#actions button').count()).toBe(0);
  });
  for (const end of await Promise.allSettled([acting, looking])) expect(end).toMatchObject({ status: 'fulfilled' });
});

test('what is not live says since when', async () => {
  // Up to here nothing was said; that the gateway is gone the browser itself says.
  expect(complaints.splice(0)).toEqual([]);
  demo.child.kill('SIGTERM');
  await demo.ended;
  await page.locator('#live.dark').waitFor({ timeout: 5000 });
  expect(await page.locator('#live').textContent()).toMatch(/^Not live since \d\d:\d\d:\d\d, /);
  const gone = ['ERR_CONNECTION_REFUSED', 'ERR_INCOMPLETE_CHUNKED_ENCODING'].map(
    (why) => `error: Failed to load resource: net::${why} ${url}events`,
  );
  expect(complaints.filter((said) => !gone.includes(said))).toEqual([]);
  expect(strangers).toEqual([]);
});
