// What a module is made to forget: only what it keeps, and read back.
import { expect, test } from 'vitest';
import { WaymarkError } from '../../src/core/index.js';
import { type AtChannel, forgetOurs } from '../../src/modem/index.js';

/** A module with a memory; `stubborn` says OK and keeps everything. */
function moduleWith(memory: { dwcfg?: string; ca?: boolean; ugsrv?: string }, { stubborn = false } = {}) {
  const sent: string[] = [];
  const run = async (command: unknown) => {
    const { text } = command as { text: string };
    sent.push(text);
    const lines: string[] = [];
    const known = /^AT(#DWCFG|#SSLSECDATA|\+UGSRV)/.exec(text)?.[1];
    const has = {
      '#DWCFG': memory.dwcfg !== undefined,
      '#SSLSECDATA': memory.ca !== undefined,
      '+UGSRV': memory.ugsrv !== undefined,
    };
    if (known === undefined || !has[known as keyof typeof has]) throw new WaymarkError('modem.error', 'ERROR');
    if (text === 'AT#DWCFG?') lines.push(`#DWCFG: ${memory.dwcfg ?? ''}`);
    else if (text === 'AT+UGSRV?') lines.push(`+UGSRV: ${memory.ugsrv ?? ''}`);
    else if (text === 'AT#SSLSECDATA=1,2,1' && memory.ca === true) lines.push('-----BEGIN CERTIFICATE-----', 'MIIB');
    else if (!stubborn && text.startsWith('AT#DWCFG=')) memory.dwcfg = text.slice(9);
    else if (!stubborn && text.startsWith('AT+UGSRV=')) memory.ugsrv = text.slice(9);
    else if (!stubborn && text === 'AT#SSLSECDATA=1,0,1') memory.ca = false;
    return { lines, final: 'OK' };
  };
  return { run: run as AtChannel['run'], sent, memory };
}

const { signal } = new AbortController();
const resultsOf = async (run: AtChannel['run']) => (await forgetOurs(run, signal)).map(({ result }) => result);

test('a Telit module: the token is overwritten, the other parameters stay, the authority goes', async () => {
  const { run, memory } = moduleWith({ dwcfg: 'api.example.com:8883,0,Canary-App-Tkn,1,60,0,0,4,5,0,0,0', ca: true });
  expect(await resultsOf(run)).toEqual(['forgotten', 'forgotten', 'absent']);
  expect(memory.dwcfg).toBe('api.example.com:8883,0,none,1,60,0,0,4,5');
  // A second time there is nothing to do.
  expect(await resultsOf(run)).toEqual(['absent', 'absent', 'absent']);
});

test('a u-blox module', async () => {
  const { run, memory } = moduleWith({
    ugsrv: '"cell-live1.services.u-blox.com","cell-live2.services.u-blox.com","Canary-Cell"',
  });
  expect(await resultsOf(run)).toEqual(['absent', 'absent', 'forgotten']);
  expect(memory.ugsrv).not.toContain('Canary');
});

test('one that says OK and keeps it is found out; one that knows nothing is asked and left alone', async () => {
  const stubborn = moduleWith({ dwcfg: 'h:8883,0,Canary,1,60,0,0,4,5', ca: true }, { stubborn: true });
  expect(await resultsOf(stubborn.run)).toEqual(['kept', 'kept', 'absent']);
  const other = moduleWith({});
  expect(await resultsOf(other.run)).toEqual(['absent', 'absent', 'absent']);
  expect(other.sent).toEqual(['AT#DWCFG?', 'AT#SSLSECDATA=1,2,1', 'AT+UGSRV?']);
});
