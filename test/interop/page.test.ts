// The page walked as a person does, in Debian's Chromium, beside the running demo: from a fresh start to all lamps lit, a
// pulled module told and healed, actions with and without the token. Nothing may be said to the console, nothing may leave
// the host. With WAYMARK_SCREENSHOTS=FOLDER it takes pictures at the size of a phone and of a desk, light and dark.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
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
const complaints: string[] = [];
const strangers: string[] = [];

/** The address the demo prints. */
async function addressOf({ output }: CliProcess): Promise<string> {
  const endMs = clock.mono() + 15_000;
  for (;;) {
    const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(output.stderr + output.stdout)?.[0];
    if (found !== undefined) return found;
    if (clock.mono() > endMs) throw new Error(`no address of a page: ${output.stderr}`);
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

async function takePictures(what: string): Promise<void> {
  if (PICTURES === undefined) return;
  mkdirSync(PICTURES, { recursive: true });
  for (const [name, width, height] of [
    ['phone', 390, 844],
    ['desk', 1280, 900],
  ] as const)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(PICTURES, `${what}-${name}-${colorScheme}.png`), fullPage: true });
    }
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'waymark-page-'));
  demo = startCli(['demo', '--state-dir', home]);
  [url, browser] = await Promise.all([addressOf(demo), chromium.launch(CHROMIUM)]);
  page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  page.on('console', (said) => complaints.push(`${said.type()}: ${said.text()}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (asked) => {
    if (!asked.url().startsWith(url) && !asked.url().startsWith('data:')) strangers.push(asked.url());
  });
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

test('a pulled module is told with its reason within five seconds, and lit again by itself', async () => {
  await cli('sim', 'ctl', '--state-dir', home, 'unplug', 'modem');
  const modem = page.locator('.lamp.dark.first', { has: page.locator('h3', { hasText: 'Modem' }) });
  await modem.locator('.cure code').waitFor({ timeout: 5000 });
  expect(await modem.locator('.cure').textContent()).toMatch(/What happens next/);
  await takePictures('pulled');
  await cli('sim', 'ctl', '--state-dir', home, 'replug', 'modem');
  await page.locator(ALL_LIT).waitFor({ timeout: 25_000 });
});

test('an action is refused without the token and done with it', async () => {
  const body = '{"name":"resubscribe"}';
  const json = { 'content-type': 'application/json', 'content-length': String(body.length) };
  expect(await rawCode('/api/v1/actions', json, 'POST', body)).toBe(401);
  // The browser itself says to the console that a request was refused; that much is meant.
  const before = complaints.length;
  await page.locator('button[data-action="resubscribe"]').click();
  await page.locator('#ask-field').fill('this-is-not-the-token-of-it');
  await page.getByRole('button', { name: 'Use it' }).click();
  await page.locator('#outcome.dark').waitFor();
  expect(await page.locator('#outcome').textContent()).toContain('refused');
  expect(complaints.splice(before).filter((said) => !said.includes('401'))).toEqual([]);

  const { page: where } = (await (await fetch(new URL('/api/v1/status', url))).json()) as {
    page: { tokenFile: string };
  };
  const token = readFileSync(where.tokenFile, 'utf8').trim();
  await page.goto(`${url}#token=${token}`);
  await page.reload();
  expect(page.url()).toBe(url);
  const answer = page.waitForResponse((said) => said.request().method() === 'POST');
  await page.locator('button[data-action="resubscribe"]').click();
  expect((await answer).status()).toBe(200);
  await page.locator('#outcome.lit', { hasText: /\w/ }).waitFor();
});

test('a foreign name of the host and a foreign page are refused', async () => {
  expect(await rawCode('/', { host: 'evil.example' })).toBe(403);
  expect(await rawCode('/api/v1/status', { origin: 'https://evil.example' })).toBe(403);
  expect(await rawCode('/api/v1/status', { 'sec-fetch-site': 'cross-site' })).toBe(403);
});

test('what is not live says since when', async () => {
  // Up to here nothing was said; that the gateway is gone the browser itself says.
  expect(complaints.splice(0)).toEqual([]);
  demo.child.kill('SIGTERM');
  await demo.ended;
  await page.locator('#live.dark').waitFor({ timeout: 5000 });
  expect(await page.locator('#live').textContent()).toMatch(/^Not live since \d\d:\d\d:\d\d, /);
  expect(complaints.filter((said) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED/.test(said))).toEqual([]);
  expect(strangers).toEqual([]);
});
