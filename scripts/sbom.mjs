// What ships besides our own code, told twice: a bill of materials (CycloneDX, dist/sbom.cdx.json) and the licences
// (dist/THIRD-PARTY-LICENSES.txt). The lock file knows versions, licences and who needs whom; esbuild knows what a bundle
// really holds: the bill lists what both know of.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { billOfMaterials } from './cyclonedx.mjs';

/** Files that are copied instead of bundled, and whose they are. */
const COPIED = { prebuilds: '@serialport/bindings-cpp', 'page/uPlot.js': 'uplot' };

/** Folder of each package of which a bundle holds at least a byte -> the bundles. */
function bundledFolders(root, metafiles) {
  const folders = new Map();
  for (const metafile of metafiles)
    for (const [output, { inputs }] of Object.entries(metafile.outputs))
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0];
        if (folder === undefined || bytesInOutput === 0) continue;
        const path = resolve(root, folder);
        folders.set(path, (folders.get(path) ?? new Set()).add(output.replace(/^dist\//, '')));
      }
  return folders;
}

function addCopied(root, dist, folders) {
  for (const [file, name] of Object.entries(COPIED)) {
    if (!existsSync(join(dist, file))) continue;
    const wanted = join('node_modules', name);
    const path = [...folders.keys()].find((folder) => folder.endsWith(wanted)) ?? resolve(root, wanted);
    folders.set(path, (folders.get(path) ?? new Set()).add(file));
  }
}

const licenceFile = (folder) =>
  readdirSync(folder)
    .filter((name) => /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .join('\n\n');

/** The packages that ship, sorted: name, version, licence, licence text and which files of dist hold them. */
export function shipped(root, dist, metafiles) {
  const folders = bundledFolders(root, metafiles);
  addCopied(root, dist, folders);
  const packages = [...folders].map(([folder, files]) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { name, version, license: license ?? 'unknown', text: licenceFile(folder), files: [...files].sort() };
  });
  packages.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
  return packages.filter(
    (each, i) => i === 0 || each.name !== packages[i - 1].name || each.version !== packages[i - 1].version,
  );
}

/** Writes both files into `dist`; gives the packages. */
export function writeBillOfMaterials({ root, dist, metafiles, version, timeMs }) {
  const packages = shipped(root, dist, metafiles);
  // From the lock file: what is installed here may hold more, or be a link.
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const bill = billOfMaterials(lock, packages, { version, timeMs });
  writeFileSync(join(dist, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 1)}\n`);
  const sections = packages.map(
    ({ name, version, license, text: words, files }) =>
      `${'='.repeat(100)}\n${name} ${version} (${license}), in ${files.join(', ')}\n\n${words || 'No licence text comes with the package.'}\n`,
  );
  writeFileSync(
    join(dist, 'THIRD-PARTY-LICENSES.txt'),
    `Waymark is under the Apache License 2.0 (LICENSE). Its files also hold the packages below, under their own licences.\n\n${sections.join('\n')}`,
  );
  return packages;
}
