// What is put in place before the module's client connects: context 1, TLS and its authority, remote AT off.
import { describe, expect, test } from 'vitest';
import { deviceWiseRig } from './devicewise-rig.js';
import type { FakeModule } from './fake-module.js';
import { answers, sent } from './rig.js';

const BODY = 'MIIBszCCAVmgAwIBAgIUQ0NDQ0NDQ0NDQ0NDQ0NDQ0NDQ0MwCgYIKoZIzj0EAwIwHTEbMBkGA1UEAwwSZXhhbXBsZSByb290';
const pem = (body: string): string =>
  `-----BEGIN CERTIFICATE-----\r\n${body.slice(0, 64)}\r\n${body.slice(64)}\r\n-----END CERTIFICATE-----\r\n`;
const CA = `# a bundle\n${pem(BODY)}${pem('QUJD')}`;
const UPLOAD = 'AT#SSLSECDATA=1,1,1,';

/** Takes an authority by the prompt and, where it `reads`, says it back. */
function store(module: FakeModule, { reads }: { reads: boolean }) {
  const kept: Buffer[] = [];
  module.behaviours.unshift((command, fake) => {
    if (command === 'AT#SSLSECDATA=1,2,1') {
      const last = kept.at(-1);
      if (!reads) fake.answer('+CME ERROR: 4');
      else if (last) fake.answer('#SSLSECDATA: 1,1', ...last.toString().replace('\x1a', '').trim().split('\n'), 'OK');
      else fake.answer('#SSLSECDATA: No data stored', 'OK');
      return true;
    }
    if (!command.startsWith(UPLOAD)) return false;
    fake.takeBytes(Number(command.slice(UPLOAD.length)) + 1, (bytes) => {
      kept.push(bytes);
      fake.answer('OK');
    });
    fake.send('\r\n> ');
    return true;
  });
  return kept;
}

const inactive = (module: FakeModule): void => {
  const context = module.state.contexts.get(1);
  if (context) context.active = false;
};

describe('context 1', () => {
  test('553 means that it is up', async () => {
    const { session, module } = await deviceWiseRig();
    inactive(module);
    module.behaviours.unshift((command, fake) => {
      if (command !== 'AT#SGACT=1,1') return false;
      const context = module.state.contexts.get(1);
      if (context) context.active = true;
      fake.answer('+CME ERROR: 553');
      return true;
    });
    await session();
    expect(sent(module, 'AT#SGACT=')).toEqual(['AT#SGACT=1,1']);
  });

  test('a refusal is met with down, a pause and up again', async () => {
    const { session, module, clock } = await deviceWiseRig();
    inactive(module);
    const at: number[] = [];
    module.behaviours.unshift((command, fake) => {
      if (!command.startsWith('AT#SGACT=1,')) return false;
      at.push(clock.mono());
      if (at.length > 1) return false;
      fake.answer('+CME ERROR: 555');
      return true;
    });
    await session();
    expect(sent(module, 'AT#SGACT=')).toEqual(['AT#SGACT=1,1', 'AT#SGACT=1,0', 'AT#SGACT=1,1']);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(1000);
    expect(sent(module, 'AT+CGDCONT=')).toEqual([]);
  });

  test('a network that goes on refusing is no bearer, and nothing is written or started', async () => {
    const { refused, module, said } = await deviceWiseRig({ remoteAt: true });
    inactive(module);
    answers(module, 'AT#SGACT=1,1', '+CME ERROR: 555');
    expect(await refused()).toMatchObject({ code: 'network.no-bearer', evidence: { cme: 555 } });
    expect(sent(module, 'AT#SGACT=1,1')).toHaveLength(3);
    expect(said()).toEqual(['?']);
    expect(sent(module, 'AT#DWEN=')).toEqual([]);
  });

  test('all attempts together have 150 s', async () => {
    const { refused, module, clock } = await deviceWiseRig();
    inactive(module);
    module.behaviours.unshift((command) => command === 'AT#SGACT=1,1');
    const before = clock.mono();
    expect((await refused()).code).toMatch(/^(?:network\.no-bearer|modem\.timeout)$/);
    expect(clock.mono() - before).toBeLessThan(152_000);
  });
});

describe('TLS', () => {
  test('without an authority the check is off, said once in the log', async () => {
    const { session, module, script, logged } = await deviceWiseRig();
    script.authMode = 1;
    await session();
    await session();
    expect(sent(module, 'AT#SSLEN=')).toEqual(['AT#SSLEN=1,1']);
    expect(sent(module, 'AT#SSLSECCFG=')).toEqual(['AT#SSLSECCFG=1,0,0,1']);
    expect(sent(module, 'AT#SSLSECDATA')).toEqual([]);
    expect(logged.filter((line) => line === 'warn devicewise.unverified')).toHaveLength(1);
  });

  test('in the clear it is switched off again', async () => {
    const { session, module, script } = await deviceWiseRig({ server: 'h.example:1883', security: 0 });
    script.sslen = 1;
    const client = await session();
    expect(sent(module, 'AT#SSLEN=')).toEqual(['AT#SSLEN=1,0']);
    expect(sent(module, 'AT#SSLSEC')).toEqual([]);
    expect(client.facts()).not.toHaveProperty('isServerChecked');
  });

  test('the first certificate goes in, ended by Ctrl-Z, before the check is switched on', async () => {
    const { session, module, script, modem } = await deviceWiseRig({ ca: CA });
    const kept = store(module, { reads: true });
    const before = modem.snapshot().counters.writes;
    const client = await session();
    const text = `-----BEGIN CERTIFICATE-----\n${BODY.slice(0, 64)}\n${BODY.slice(64)}\n-----END CERTIFICATE-----\n`;
    expect(kept.map(String)).toEqual([`${text}\x1a`]);
    expect(sent(module, UPLOAD)).toEqual([`${UPLOAD}${text.length}`]);
    expect(script.authMode).toBe(1);
    const order = module.received.filter((line) => line.startsWith('AT#SSLSEC') && line.includes('=1,'));
    expect(order.at(-1)).toBe('AT#SSLSECCFG=1,0,1,1');
    // TLS on, the authority, the check.
    expect(modem.snapshot().counters.writes - before).toBe(3);
    expect(client.facts()).toMatchObject({ isServerChecked: true });
    // It reads back what is wanted: nothing is written again, not by another start either.
    await session();
    expect(kept).toHaveLength(1);
  });

  test('a module that does not read it back is given it once a start', async () => {
    const { session, module } = await deviceWiseRig({ ca: CA });
    const kept = store(module, { reads: false });
    await session();
    await session();
    expect(kept).toHaveLength(1);
  });

  test('older families take three parameters', async () => {
    const { session, module } = await deviceWiseRig({ ca: CA });
    store(module, { reads: true });
    answers(module, 'AT#SSLSECCFG=1,0,1,1', 'ERROR');
    await session();
    expect(sent(module, 'AT#SSLSECCFG=')).toEqual(['AT#SSLSECCFG=1,0,1,1', 'AT#SSLSECCFG=1,0,1']);
  });

  test('a module that does not know TLS commands is left to its own', async () => {
    const { session, module } = await deviceWiseRig();
    module.behaviours.unshift((command, fake) => {
      if (!command.startsWith('AT#SSL')) return false;
      fake.answer('ERROR');
      return true;
    });
    await session();
    expect(sent(module, 'AT#SSLSECDATA')).toEqual([]);
  });

  test.each([
    ['that is none', 'no certificate', () => undefined],
    ['that is too long', pem('QUJD'.repeat(1200)), () => undefined],
    [
      'that the module refuses',
      CA,
      (module: FakeModule) =>
        void module.behaviours.unshift((command, fake) => {
          if (!command.startsWith('AT#SSLSECDATA')) return false;
          fake.answer('+CME ERROR: 4');
          return true;
        }),
    ],
    [
      'that the module does not use',
      CA,
      (module: FakeModule) => {
        store(module, { reads: true });
        answers(module, 'AT#SSLSECCFG=1,0,1,1', 'ERROR');
        answers(module, 'AT#SSLSECCFG=1,0,1', 'ERROR');
      },
    ],
  ])('an authority %s is an error, never a connection without a check', async (_name, ca, spoil) => {
    const { refused, module, said } = await deviceWiseRig({ ca });
    spoil(module);
    expect(await refused()).toMatchObject({ code: 'devicewise.config' });
    expect(said()).toEqual(['?']);
  });
});

describe('remote AT', () => {
  test('it is off: nothing is written', async () => {
    const { session, module } = await deviceWiseRig();
    await session();
    expect(sent(module, 'AT#DWEN=')).toEqual([]);
  });

  test('it was left on: it is switched off', async () => {
    const { session, module, script } = await deviceWiseRig();
    script.remoteAt = 1;
    await session();
    expect(sent(module, 'AT#DWEN=')).toEqual(['AT#DWEN=0,0']);
  });

  test('it is on only where it is wanted', async () => {
    const { session, module, script } = await deviceWiseRig({ remoteAt: true });
    await session();
    await session();
    expect(sent(module, 'AT#DWEN=')).toEqual(['AT#DWEN=0,1']);
    expect(script.remoteAt).toBe(1);
  });

  test('a module that does not tell is told once; one that knows nothing of it is fine', async () => {
    const { session, module } = await deviceWiseRig();
    answers(module, 'AT#DWEN?', 'ERROR');
    await session();
    await session();
    expect(sent(module, 'AT#DWEN=')).toEqual(['AT#DWEN=0,0']);
    const other = await deviceWiseRig();
    answers(other.module, 'AT#DWEN?', 'ERROR');
    answers(other.module, 'AT#DWEN=0,0', 'ERROR');
    await other.session();
  });

  test('a module that refuses to switch it off is not connected', async () => {
    const { refused, module, script, said } = await deviceWiseRig();
    script.remoteAt = 1;
    answers(module, 'AT#DWEN=0,0', 'ERROR');
    expect(await refused()).toMatchObject({ code: 'modem.error' });
    expect(said()).toEqual(['?']);
  });
});
