// The page: its HTML made for each visit, its files read from the disk for each request and never kept in memory. Only the
// names below exist, so that nothing of a path ever reaches the file system.
import { open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WaymarkError } from '../core/index.js';
import { COMMON_HEADERS } from './answer.js';
import type { PageSource } from './page-source.js';
import type { Visit } from './router.js';
import type { StatusSnapshot } from './snapshot.js';

const ASSETS: Readonly<Record<string, string>> = {
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'uPlot.js': 'text/javascript; charset=utf-8',
  'uPlot.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** Nothing inline and nothing from elsewhere: text from the air that got into the page by a mistake would still do nothing. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export function sendPage(response: ServerResponse, page: PageSource | undefined, snapshot: StatusSnapshot): void {
  if (!page) throw new WaymarkError('status.not-found', 'this agent serves no page');
  const html = page.html(snapshot);
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(html),
    'content-security-policy': PAGE_POLICY,
  });
  response.end(html);
}

/** Errors: `status.not-found`. */
export async function sendAsset({ name, request, response }: Visit, page: PageSource | undefined): Promise<void> {
  const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (!page || type === undefined) throw new WaymarkError('status.not-found', 'the page has no such file');
  const file = await open(join(page.assetsDir, name)).catch((cause: unknown) => {
    throw new WaymarkError('status.not-found', `${name} is not installed`, { cause });
  });
  try {
    const { size } = await file.stat();
    response.writeHead(200, { ...COMMON_HEADERS, 'content-type': type, 'content-length': size });
    if (request.method === 'HEAD') response.end();
    else await pipeline(file.createReadStream({ autoClose: false }), response).catch(() => undefined);
  } finally {
    await file.close();
  }
}
