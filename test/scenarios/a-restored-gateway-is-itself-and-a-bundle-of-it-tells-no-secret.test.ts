// One life of a gateway's identity: provisioned with canary secrets and a fault near them, bundled, backed up, lost,
// restored, and serving again without anybody being asked for a new one.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { backupVerb } from '../../src/cli/evidence/backup.js';
import { bundleVerb } from '../../src/cli/evidence/bundle.js';
import { restoreVerb } from '../../src/cli/evidence/restore.js';
import { createClock } from '../../src/core/index.js';
import { cme } from '../../src/sim/module/index.js';
import { printed } from '../cli/in-process.js';
import { startAgent } from '../helpers/agent.js';
import { isServing, QUICK_MODULE, startWorldIn } from '../helpers/scenario.js';
import { formsOf, formsOfUuid, found, identitySecrets } from '../helpers/secrets.js';

const APP_TOKEN = 'Canary/Token+1=%&<7>Zq';
const CHEAP = { N: 16, r: 1, p: 1 };

test('a restored gateway asks nobody for its identity; a bundle of it holds none of its secrets', {
  timeout: 60_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waymark-evidence-'));
  try {
    await using world = await startWorldIn(dir, { module: QUICK_MODULE });
    const prepare = (): void => writeFileSync(join(dir, 'secrets/app-token'), APP_TOKEN, { mode: 0o600 });
    const file = join(dir, 'kept.backup');
    const passphraseFile = join(dir, 'words');
    writeFileSync(passphraseFile, 'four plain words together', { mode: 0o600 });
    {
      // The module refuses the line that carries the token.
      world.module.push(cme('#DWCFG=', 100, 1));
      await using agent = await startAgent(dir, world, { prepare });
      await agent.until('serving', isServing);
      const config = agent.configFile;
      const out = join(dir, 'bundle.tar.gz');
      const around = {
        roots: { sys: join(dir, 'sys'), dev: join(dir, 'dev'), proc: '/proc' },
        run: async () => `usb: ${formsOf(APP_TOKEN).join(' ')}\n`,
      };
      const bundled = await printed(() =>
        bundleVerb({ config, out, capture: false, forMs: 0, yes: true, json: true }, around),
      );
      expect(bundled.code).toBe(0);
      const secrets = {
        ...(await identitySecrets(join(dir, 'state'))),
        'app token': formsOf(APP_TOKEN),
        'ZTP token': formsOfUuid(world.ready.clouds.ztp.token),
      };
      const bytes = gunzipSync(readFileSync(out)).toString('latin1');
      expect(found(bytes + bundled.stdout + bundled.stderr, secrets)).toEqual([]);
      expect(bytes).not.toContain('PRIVATE KEY');
      for (const useful of ['"lamps"', '"serving"', 'at-trace.txt', 'state-files.txt', 'credential-ztp-token'])
        expect(bytes).toContain(useful);
      const backup = { config, backup: file, passphraseFile, yes: true, json: true };
      expect((await printed(() => backupVerb(backup, createClock(), CHEAP))).code).toBe(0);
    }
    const pins = readdirSync(join(dir, 'state')).filter((name) => name.startsWith('credential-'));
    for (const name of ['state', 'secrets', 'gateway.yaml']) rmSync(join(dir, name), { recursive: true });
    expect((await printed(() => restoreVerb({ file, passphraseFile, yes: true, json: true }))).code).toBe(0);
    expect(readdirSync(join(dir, 'state'))).toEqual(expect.arrayContaining(pins));
    expect(readFileSync(join(dir, 'secrets/app-token'), 'utf8')).toBe(APP_TOKEN);
    await using again = await startAgent(dir, world, { prepare });
    const status = await again.until('serving again', isServing);
    expect(status.identity.ztpCallsToday).toBe(1);
    expect(world.clouds.ztp.calls).toHaveLength(1);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
