// The page as the doors want it: its text for a snapshot, and the folder of its files.
import type { PageSource } from '../page-source.js';
import { renderPage } from './render.js';

/** `assetsDir` holds what scripts/page.mjs builds: page.js, page.css, uPlot.js, uPlot.css, icon.svg. */
export const createPage = (assetsDir: string): PageSource => ({ html: renderPage, assetsDir });
