// The module's own deviceWISE client from the gateway's side: rows 1 to 12 of the fact sheet, and what ends a session.
import { describe, expect, test } from 'vitest';
import { WaymarkError } from '../../src/core/index.js';
import { deviceWiseRig, TOKEN, token } from './devicewise-rig.js';
import { during } from './during.js';
import { answers, rig, sent } from './rig.js';

describe('opening', () => {
  test('row 8: stopped, prepared, started, connected', async () => {
    const { session, said, module, modem } = await deviceWiseRig();
    expect(modem.deviceWise.support()).toBe('supported');
    const client = await session();
    expect(said()).toEqual(['?', 'status', '1', '?']);
    expect(sent(module, 'AT#DWCFG=')).toEqual([]);
    expect(sent(module, 'AT+CGDCONT=')).toEqual([]);
    expect(sent(module, 'AT#SGACT=')).toEqual([]);
    expect(sent(module, 'AT#SSLEN=')).toEqual(['AT#SSLEN=1,1']);
    expect(sent(module, 'AT#DWLRCV')).toHaveLength(1);
    expect(client.facts()).toMatchObject({ lastErrorCode: 0, isServerChecked: false });
  });

  test.each([
    [1, 1],
    [1, 2],
    [1, 3],
  ] as const)('what is left over at %i,%i is ended before anything else', async (connect, status) => {
    const { session, script, said, module } = await deviceWiseRig();
    Object.assign(script, { connect, status, lastError: status === 3 ? -18207 : 0 });
    await session();
    expect(said()).toEqual(['?', '0', 'status', '1', '?']);
    expect(module.received.indexOf('AT#DWCONN=0')).toBeLessThan(module.received.indexOf('AT#DWCFG?'));
  });

  test('row 6, 7: a context that is down is brought up first', async () => {
    const { session, module } = await deviceWiseRig();
    const context = module.state.contexts.get(1);
    if (context) context.active = false;
    await session();
    expect(sent(module, 'AT#SGACT=')).toEqual(['AT#SGACT=1,1']);
  });

  test.each([
    ['on', true],
    ['off', false],
  ] as const)(
    'row 7: the context goes while it starts, pdpGuard %s: no bearer, and nothing left started',
    async (_word, pdpGuard) => {
      const { refused, script, module, said } = await deviceWiseRig();
      script.pdpGuard = pdpGuard;
      module.behaviours.unshift((command) => {
        const context = module.state.contexts.get(1);
        if (command === 'AT#DWCONN=1' && context) context.active = false;
        return false;
      });
      expect(await refused()).toMatchObject({ code: 'network.no-bearer' });
      expect(script.connect).toBe(0);
      expect(said()).toEqual(['?', 'status', '1', '?', 'status', ...(pdpGuard ? [] : ['0'])]);
    },
  );

  test.each([-18207, -18208, -18205])(
    'row 9: a refused token (%i) is named, and the client stopped',
    async (refusal) => {
      const { refused, script, said } = await deviceWiseRig();
      Object.assign(script, { good: [], refusal });
      const error = await refused();
      expect(error).toMatchObject({ code: 'devicewise.refused', evidence: { code: refusal } });
      expect(error.message).not.toContain(TOKEN);
      expect(script.connect).toBe(0);
      expect(said()).toEqual(['?', 'status', '1', '?', 'status', '0']);
    },
  );

  test('a server that cannot be reached is not the token’s fault', async () => {
    const { refused, script } = await deviceWiseRig();
    script.trouble = -18304;
    expect(await refused()).toMatchObject({ code: 'devicewise.unreachable', evidence: { code: -18304 } });
    expect(script.connect).toBe(0);
  });

  test('rows 10, 11: it can be opened again after a refusal, and a stop that fails does no harm', async () => {
    const { refused, session, script, module, said, clear } = await deviceWiseRig();
    script.good = [];
    await refused();
    clear();
    // A module that says that it is started, and refuses to be stopped because it is not.
    let isFirst = true;
    module.behaviours.unshift((command, fake) => {
      if (command !== 'AT#DWCONN?' || !isFirst) return false;
      isFirst = false;
      fake.answer('#DWCONN: 1,3', 'OK');
      return true;
    });
    script.good = [TOKEN];
    await session();
    expect(said()).toEqual(['?', '0', 'status', '1', '?']);
  });

  test('row 1: without a client it says so, and starts nothing', async () => {
    const { module, modem, up, clock, signal } = rig({
      deviceWise: {
        server: 'h.example:8883',
        deviceIdSelector: 0,
        appToken: token(),
        security: 1,
        heartbeatSeconds: 60,
        autoReconnect: 0,
        overflowHandling: 0,
        atrunInstanceId: 4,
        serviceTimeoutSeconds: 5,
      },
    });
    module.state.dwcfg = undefined;
    expect(modem.deviceWise.support()).toBe('unknown');
    expect(await up()).toBe('up');
    expect(modem.deviceWise.support()).toBe('unsupported');
    expect(await during(clock, modem.deviceWise.open({ appToken: token(), signal }))).toEqual({
      code: 'devicewise.no-client',
    });
    expect(sent(module, 'AT#DWCONN')).toEqual([]);
  });

  test('not configured, not up, not registered: nothing is sent', async () => {
    const bare = rig();
    await expect(bare.modem.deviceWise.open({ appToken: token(), signal: bare.signal })).rejects.toMatchObject({
      code: 'devicewise.config',
    });
    const { refused, module, clock, clear } = await deviceWiseRig();
    module.line('+CEREG: 0');
    module.line('+CGREG: 0');
    module.line('+CREG: 0');
    await clock.advance(10);
    clear();
    expect(await refused()).toMatchObject({ code: 'network.no-bearer' });
    expect(module.received).toEqual([]);
    await module.unplug();
    await clock.advance(10);
    expect((await refused()).code).toMatch(/^link\./);
  });

  test('OK that comes early: the module is asked until it is there', async () => {
    const { open, script, clock, said } = await deviceWiseRig();
    script.isAsync = true;
    const opening = open();
    clock.after(9000, () => (script.status = 2));
    expect(await opening).not.toBeInstanceOf(WaymarkError);
    expect(said().filter((word) => word === '?').length).toBeGreaterThan(5);
    expect(said().filter((word) => word === 'status')).toHaveLength(1);
  });

  test('OK that comes early, and a token that is refused later', async () => {
    const { open, script, clock } = await deviceWiseRig();
    script.isAsync = true;
    const opening = open();
    clock.after(3000, () => Object.assign(script, { status: 3, lastError: -18208 }));
    expect(await opening).toMatchObject({ code: 'devicewise.refused', evidence: { code: -18208 } });
    expect(script.connect).toBe(0);
  });

  test('OK, and then nothing for a minute', async () => {
    const { open, script, clock } = await deviceWiseRig();
    script.isAsync = true;
    const before = clock.mono();
    expect(await open()).toMatchObject({ code: 'devicewise.unreachable' });
    expect(clock.mono() - before).toBeGreaterThanOrEqual(60_000);
    expect(clock.mono() - before).toBeLessThan(70_000);
    expect(script.connect).toBe(0);
  });

  test('a start without any answer is given 30 s, and stopped', async () => {
    const { refused, script, module } = await deviceWiseRig();
    module.behaviours.unshift((command) => {
      if (command !== 'AT#DWCONN=1') return false;
      Object.assign(script, { connect: 1, status: 3, lastError: -18012 });
      return true;
    });
    expect(await refused()).toMatchObject({ code: 'devicewise.unreachable', evidence: { code: -18012 } });
    expect(script.connect).toBe(0);
  });

  test('called off while it connects, it leaves nothing started', async () => {
    const { open, script, clock } = await deviceWiseRig();
    script.isAsync = true;
    const stop = new AbortController();
    const reason = new WaymarkError('core.cancelled', 'no more');
    clock.after(5000, () => stop.abort(reason));
    expect(await open({ signal: stop.signal })).toBe(reason);
    expect(script.connect).toBe(0);
  });

  test('called off during a start that takes its time, it waits for it and stops what has started', async () => {
    const { open, script, clock, module, modem } = await deviceWiseRig();
    module.behaviours.unshift((command, fake) => {
      if (command !== 'AT#DWCONN=1') return false;
      clock.after(20_000, () => {
        Object.assign(script, { connect: 1, status: 2 });
        fake.answer('OK');
      });
      return true;
    });
    const stop = new AbortController();
    clock.after(2000, () => stop.abort(new WaymarkError('core.cancelled', 'no more')));
    expect(await open({ signal: stop.signal })).toMatchObject({ code: 'core.cancelled' });
    // As at the end of the agent: the port is closed as soon as nobody uses it.
    await during(clock, Promise.resolve(modem[Symbol.asyncDispose]()));
    await clock.advance(60_000);
    expect(script.connect).toBe(0);
  });

  test('one left started is released for another with its client id, and one in use is not', async () => {
    const { session, script, clock, modem, said, clear, signal } = await deviceWiseRig();
    const release = () => during(clock, modem.deviceWise.release({ signal }));
    await release();
    expect(said()).toEqual(['?']);
    Object.assign(script, { connect: 1, status: 3 });
    await release();
    expect(script.connect).toBe(0);
    const client = await session();
    clear();
    await release();
    expect(said()).toEqual([]);
    await during(clock, client.close());
    await during(clock, Promise.resolve(modem[Symbol.asyncDispose]()));
    await release();
  });

  test('another token is written, proved, and taken back', async () => {
    const { refused, session, module } = await deviceWiseRig();
    expect(await refused({ token: token('Next1234Next5678') })).toMatchObject({ code: 'devicewise.refused' });
    await session();
    expect(sent(module, 'AT#DWCFG=').map((line) => line.split(',')[2])).toEqual(['Next1234Next5678', TOKEN]);
  });

  test('a second opening ends the first', async () => {
    const { session, script, clock } = await deviceWiseRig();
    const first = await session();
    const second = await session();
    expect(await first.closed).toMatchObject({ code: 'devicewise.lost' });
    expect(script.connect).toBe(1);
    await during(clock, second.close());
    expect(script.connect).toBe(0);
  });

  test('no token is in any line that is shown', async () => {
    const { refused, session, transcript, script } = await deviceWiseRig();
    await refused({ token: token('Next1234Next5678') });
    script.good.push('Next1234Next5678');
    await session({ token: token('Next1234Next5678') });
    expect(transcript.join('\n')).toContain('DWCFG');
    expect(transcript.join('\n')).not.toMatch(/Next1234|Abcd1234/);
  });
});

describe('while it is connected', () => {
  test('it is asked every poll, and closing stops it', async () => {
    const { session, said, clear, clock, script } = await deviceWiseRig();
    const client = await session();
    clear();
    await clock.advance(95_000);
    expect(said()).toEqual(['?', '?', '?']);
    await during(clock, client.close());
    expect(await client.closed).toMatchObject({ code: 'devicewise.lost', message: 'closed by this gateway' });
    expect(script.connect).toBe(0);
    await client.close();
    clear();
    await clock.advance(120_000);
    expect(said()).toEqual([]);
  });

  test('closing ends although the module does not answer', async () => {
    const { session, clock, script } = await deviceWiseRig();
    const client = await session();
    script.stopsSilently = true;
    const before = clock.mono();
    await during(clock, client.close());
    expect(clock.mono() - before).toBeLessThanOrEqual(8100);
  });

  test('row 12: its counters are asked for every ten minutes, and what is new is told', async () => {
    const { session, said, clear, clock, script, traffic } = await deviceWiseRig();
    Object.assign(script, { bytesIn: 5000, bytesOut: 9000 });
    const client = await session();
    expect(traffic).toEqual([]);
    clear();
    Object.assign(script, { bytesIn: 6000, bytesOut: 9500 });
    await clock.advance(1_300_000);
    expect(said().filter((word) => word === 'status')).toHaveLength(2);
    expect(traffic).toEqual([{ bytesIn: 1000, bytesOut: 500 }]);
    expect(client.facts()).toMatchObject({ bytesIn: 6000, bytesOut: 9500, latencyMs: 120, lastErrorCode: 0 });
    // The module was restarted in between: it counts from nothing.
    await during(clock, client.close());
    Object.assign(script, { bytesIn: 70, bytesOut: 30 });
    await session();
    expect(traffic[1]).toEqual({ bytesIn: 70, bytesOut: 30 });
  });

  test('host drives: a lost link is stopped and closed', async () => {
    const { session, script, clock, said, clear } = await deviceWiseRig({ autoReconnect: 1 });
    const client = await session();
    clear();
    Object.assign(script, { status: 3, lastError: -18324 });
    expect(await during(clock, client.closed, 40_000)).toMatchObject({
      code: 'devicewise.lost',
      evidence: { code: -18324 },
    });
    expect(said()).toEqual(['?', 'status', '0']);
    expect(script.connect).toBe(0);
  });

  test('a request that is told so has it looked at once', async () => {
    const { session, script, module, clock, signal } = await deviceWiseRig();
    const client = await session();
    Object.assign(script, { status: 3, lastError: -18323 });
    module.behaviours.unshift((command, fake) => {
      if (!command.startsWith('AT#DWSEND')) return false;
      fake.answer('#DWSEND: Failed: -18010', 'ERROR');
      return true;
    });
    const outcome = client.request({ command: 'diag.ping' }, { signal });
    expect(await during(clock, client.closed, 5000)).toMatchObject({ code: 'devicewise.lost' });
    expect(await outcome).toEqual({ is: 'link-lost' });
    expect(await client.request({ command: 'diag.ping' }, { signal })).toEqual({ is: 'link-lost' });
    for await (const call of client.methods) throw new Error(call.id);
  });

  test('host drives: an attempt of its own that is under way may still succeed', async () => {
    const { session, script, clock } = await deviceWiseRig();
    const client = await session();
    script.status = 1;
    await clock.advance(35_000);
    script.status = 2;
    await clock.advance(60_000);
    expect(script.connect).toBe(1);
    await during(clock, client.close());
    expect(await client.closed).toMatchObject({ code: 'devicewise.lost', message: 'closed by this gateway' });
  });

  test('module drives: it has its retry period, and is never told to stop meanwhile', async () => {
    const { session, script, clock, said, clear } = await deviceWiseRig({ autoReconnect: 3 });
    const client = await session();
    clear();
    Object.assign(script, { status: 3, lastError: -18323 });
    await clock.advance(150_000);
    expect(said()).not.toContain('0');
    Object.assign(script, { status: 2, lastError: 0 });
    await clock.advance(60_000);
    expect(said()).not.toContain('0');
    Object.assign(script, { status: 3, lastError: -18323 });
    expect(await during(clock, client.closed)).toMatchObject({ code: 'devicewise.lost', evidence: { code: -18323 } });
    expect(script.connect).toBe(0);
  });

  test('module drives: a token that is refused by now is not tried again and again', async () => {
    const { session, script, clock, said } = await deviceWiseRig({ autoReconnect: 2 });
    const client = await session();
    Object.assign(script, { status: 3, lastError: -18207 });
    expect(await during(clock, client.closed, 35_000)).toMatchObject({ code: 'devicewise.refused' });
    expect(said().at(-1)).toBe('0');
    expect(script.connect).toBe(0);
  });

  test('a module that stopped by itself is closed without a word', async () => {
    const { session, script, clock, said, clear } = await deviceWiseRig();
    const client = await session();
    clear();
    Object.assign(script, { connect: 0, status: 0 });
    expect(await during(clock, client.closed)).toMatchObject({ code: 'devicewise.lost' });
    expect(said()).toEqual(['?']);
  });

  test('a module that answers nonsense is stopped after three looks', async () => {
    const { session, module, clock, script } = await deviceWiseRig();
    const client = await session();
    answers(module, 'AT#DWCONN?', '#DWCONN: x', '__proto__: 1', 'OK');
    expect(await during(clock, client.closed)).toMatchObject({ code: 'devicewise.lost' });
    expect(script.connect).toBe(0);
  });

  test('a lost port closes it with its own error, and a fresh link can open again', async () => {
    const { session, module, clock, up } = await deviceWiseRig();
    const client = await session();
    await module.unplug();
    expect(await during(clock, client.closed)).toMatchObject({ code: 'link.closed' });
    module.state.plugged = true;
    expect(await up()).toBe('up');
    const again = await session();
    await during(clock, again.close());
  });
});
