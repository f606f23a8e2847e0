// What the HTTP doors need of the page: its HTML with the sentence of state already in it, and where its files lie.
import type { StatusSnapshot } from './snapshot.js';

export interface PageSource {
  /** The whole document; everything from outside is encoded in it already. */
  html(snapshot: StatusSnapshot): string;
  /** Folder of `page.js`, `page.css`, `uPlot.js`, `uPlot.css` and `icon.svg`; read for each request, never kept. */
  assetsDir: string;
}
