// Writes docs/reference/errors.md from the error table, in the words of `waymark explain`.
// `--check` writes nothing and fails when it is stale.
import { register } from 'tsx/esm/api';
import { writeOrCheck } from './generated.mjs';

const unregister = register();
const { CODES, errorEntry } = await import('../src/cli/error-words.ts');
await unregister();

const byRoom = new Map();
for (const code of CODES) {
  const [room] = code.split('.');
  byRoom.set(room, [...(byRoom.get(room) ?? []), code]);
}

function entry(code) {
  const { means, cure, retried, recovery, shown, exit } = errorEntry(code);
  return [
    `### <a id="${code}"></a>${code}`,
    '',
    means,
    '',
    `* Cure: ${cure}`,
    `* Retried: ${retried}.${recovery === undefined ? '' : ` Recovery begins so: ${recovery}.`}`,
    `* Shown: ${shown}. Exit code of a verb that ends with it: ${exit}.`,
    '',
  ];
}

const text = [
  '# Error codes',
  '',
  '<!-- Made by scripts/errors.mjs from src/core/error-table.ts: change it there. -->',
  '',
  'Every message names its code; `waymark explain CODE` prints the entry below in the terminal, without a network, and',
  '`waymark explain` lists all codes. Programs read the field `code` or `reason` of JSON. Each entry has its code as anchor:',
  '`errors.md#modem.timeout` (GitHub also makes `#modemtimeout` of the heading).',
  '',
  'Where a message carries a cure of its own, that one knows more than the general one here. *By itself* means that nothing',
  'needs to be done for the next try; the status says when it comes.',
  '',
  [...byRoom.keys()].map((room) => `[${room}](#${room})`).join(' · '),
  '',
  ...[...byRoom].flatMap(([room, codes]) => [`## ${room}`, '', ...codes.flatMap(entry)]),
].join('\n');

await writeOrCheck([['docs/reference/errors.md', text]], 'node scripts/errors.mjs');
