// What the doors need of the page: its text for a snapshot, and the folder of its files.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StatusSnapshot } from '../snapshot.js';
import { renderPage } from './render.js';

export interface PageFiles {
  html(snapshot: StatusSnapshot): string;
  /** page.js, page.css, uPlot.js, uPlot.css, icon.svg. */
  assetsDir: string;
}

/** Beside the program: dist/lib/waymark.cjs and dist/page. Run from the sources, the build's are taken. */
function besideProgram(): string {
  const shipped = join(__dirname, '..', 'page');
  return existsSync(join(shipped, 'page.js')) ? shipped : join(process.cwd(), 'dist', 'page');
}

export const createPage = (assetsDir?: string): PageFiles => ({
  html: renderPage,
  assetsDir: assetsDir ?? besideProgram(),
});
