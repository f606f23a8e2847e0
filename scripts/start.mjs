// `npm start`: builds when needed, then the demo in this very process group, so that Ctrl-C reaches it.
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll, isFresh } from './build.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
if (!isFresh()) {
  process.stderr.write('building …\n');
  // The first run warms the code cache itself: nobody should wait for it before seeing something.
  await buildAll({ warm: false });
  process.env.WAYMARK_WRITE_CODE_CACHE = '1';
}
const child = spawn(process.execPath, [join(root, 'dist', 'waymark.cjs'), 'demo', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
