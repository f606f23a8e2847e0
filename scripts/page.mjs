// Builds the page's files into dist/page: its script, its style, its icon, and uPlot as its makers ship it, with their
// licence. Nothing of it comes from elsewhere at run time.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

/** Of the rooms of the gateway a browser gets what the page uses, and of that nothing that needs Node. */
const sparing = {
  name: 'sparing',
  setup({ onResolve, resolve: find }) {
    onResolve({ filter: /^\.\.?\// }, async ({ path, pluginData, ...where }) => {
      if (pluginData === sparing) return undefined;
      const { importer, resolveDir, kind } = where;
      return { ...(await find(path, { importer, resolveDir, kind, pluginData: sparing })), sideEffects: false };
    });
  },
};

export async function buildPage(folder = join(root, 'dist', 'page')) {
  mkdirSync(folder, { recursive: true });
  const page = join(root, 'src', 'status', 'page');
  const common = { bundle: true, minify: true, target: ['es2022'], legalComments: 'none', logLevel: 'error' };
  const { metafile } = await build({
    ...common,
    entryPoints: [join(page, 'browser', 'main.ts')],
    format: 'iife',
    platform: 'browser',
    outfile: join(folder, 'page.js'),
    plugins: [sparing],
    external: ['node:*', 'pino'],
    metafile: true,
  });
  const missing = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  if (missing.length > 0) throw new Error(`the page's script needs what no browser has: ${missing.join(', ')}`);
  await build({ ...common, entryPoints: [join(page, 'page.css')], outfile: join(folder, 'page.css') });
  copyFileSync(join(page, 'icon.svg'), join(folder, 'icon.svg'));
  const plot = dirname(require.resolve('uplot/package.json'));
  const licence = readFileSync(join(plot, 'LICENSE'), 'utf8');
  const withLicence = (name) => `/*\n${licence.trim()}\n*/\n${readFileSync(join(plot, 'dist', name), 'utf8')}`;
  writeFileSync(join(folder, 'uPlot.js'), withLicence('uPlot.iife.min.js'));
  writeFileSync(join(folder, 'uPlot.css'), withLicence('uPlot.min.css'));
  writeFileSync(join(folder, 'uPlot.LICENSE.txt'), licence);
}
