// A bill of materials in CycloneDX 1.5, from package-lock.json. `npm sbom` would write one, but the npm of Debian 13 does
// not know it yet, and a gateway's program must build there.
import { createHash } from 'node:crypto';

const nameOf = (path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
const refOf = (name, version) => `${name}@${version}`;
const purlOf = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

const licensesOf = (text) =>
  text === undefined ? [] : [/ (?:OR|AND|WITH) /.test(text) ? { expression: text } : { license: { id: text } }];

/** `sha512-BASE64` as a digest in hex. */
function hashesOf(integrity = '') {
  const [, algorithm, digest] = /^sha(\d+)-(\S+)/.exec(integrity) ?? [];
  if (digest === undefined) return {};
  return { hashes: [{ alg: `SHA-${algorithm}`, content: Buffer.from(digest, 'base64').toString('hex') }] };
}

/** What a package at `path` gets when it asks for `name`: the nearest one up the tree. */
function resolvedFrom(packages, path, name) {
  for (let at = path; ; ) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (at === '') return undefined;
    const up = at.lastIndexOf('/node_modules/');
    at = up < 0 ? '' : at.slice(0, up);
  }
}

function uuidOf(text) {
  const digest = createHash('sha256').update(text).digest('hex');
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

/**
 * The bill of what ships: `shipped` are packages as sbom.mjs finds them. Nothing in it differs between two builds of one
 * commit. A package that the lock file does not know fails the build.
 */
export function billOfMaterials({ packages }, shipped, { version, timeMs }) {
  const own = packages[''];
  const places = new Map(
    Object.entries(packages).flatMap(([path, entry]) =>
      path === '' ? [] : [[refOf(nameOf(path), entry.version), { path, entry }]],
    ),
  );
  const components = shipped.map(({ name, version: at, files }) => {
    const ref = refOf(name, at);
    const found = places.get(ref);
    if (!found) throw new Error(`${ref} is bundled, but not in package-lock.json`);
    return {
      'bom-ref': ref,
      type: 'library',
      name,
      version: at,
      scope: 'required',
      purl: purlOf(name, at),
      ...hashesOf(found.entry.integrity),
      licenses: licensesOf(found.entry.license),
      properties: files.map((file) => ({ name: 'waymark:file', value: file })),
    };
  });
  const ours = refOf('waymark', version);
  const refs = new Set(components.map((each) => each['bom-ref']));
  const needsOf = (path, names) =>
    names
      .map((name) => resolvedFrom(packages, path, name))
      .filter((place) => place !== undefined)
      .map((place) => refOf(nameOf(place), packages[place].version))
      .filter((ref) => refs.has(ref));
  const needs = ({ dependencies = {}, optionalDependencies = {}, peerDependencies = {} }) => [
    ...Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }),
  ];
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([ours, timeMs, components]))}`,
    version: 1,
    metadata: {
      timestamp: new Date(timeMs).toISOString(),
      lifecycles: [{ phase: 'build' }],
      component: {
        'bom-ref': ours,
        type: 'application',
        name: 'waymark',
        version,
        purl: purlOf('waymark', version),
        licenses: licensesOf(own.license),
      },
    },
    components,
    dependencies: [
      { ref: ours, dependsOn: needsOf('', [...needs(own), ...Object.keys(own.devDependencies ?? {})]) },
      ...components.map(({ 'bom-ref': ref }) => {
        const { path, entry } = places.get(ref);
        return { ref, dependsOn: needsOf(path, needs(entry)) };
      }),
    ],
  };
}
