// The page as the doors want it: its text for a snapshot, and the folder of its files.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PageSource } from '../page-source.js';
import { renderPage } from './render.js';

/** Beside the program: dist/lib/waymark.cjs and dist/page. Run from the sources, the build's are taken. */
function besideProgram(): string {
  const shipped = join(__dirname, '..', 'page');
  return existsSync(join(shipped, 'page.js')) ? shipped : join(process.cwd(), 'dist', 'page');
}

export const createPage = (assetsDir?: string): PageSource => ({
  html: renderPage,
  assetsDir: assetsDir ?? besideProgram(),
});
