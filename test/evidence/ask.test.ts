// Questions on a terminal: what is hidden stays hidden although it was typed before it was asked for.
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { until } from '../cli/in-process.js';

const SCRIPT = [
  "import { confirm, readPassphrase } from './src/cli/evidence/ask.ts';",
  "const isYes = await confirm('Write?');",
  'const { length } = (await readPassphrase(undefined, true)).reveal();',
  'console.log(`yes ${isYes}, ${length} characters`);',
].join('');

test('a passphrase that is typed ahead or pasted with the answer before it is taken and never shown', async () => {
  // socat gives the program a terminal of its own, which echoes as every terminal does.
  const program = `${process.execPath} --import tsx --input-type=module -e "$SCRIPT"`;
  const child = spawn('socat', ['-', "SYSTEM:'exec $PROGRAM',pty,stderr,setsid,ctty".replace('$PROGRAM', program)], {
    env: { ...process.env, SCRIPT },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let seen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
  const closed = new Promise((done) => child.once('close', done));
  await until('it asks', () => seen.includes('[y/N]'), 20_000);
  const words = 'canary words nobody sees';
  child.stdin.write(`yx\u007f\r${words}!\u007f\r${words}\r`);
  await until('it has ended', () => seen.includes('characters'), 20_000);
  child.stdin.end();
  await closed;
  expect(seen).toContain(`yes true, ${words.length} characters`);
  expect(seen).toContain('[y/N] yx\u001b[1D\u001b[0K');
  expect(seen).not.toContain('canary');
}, 60_000);
