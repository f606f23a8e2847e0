import { EventEmitter } from 'node:events';
import { connect, createServer, type Socket, type TcpNetConnectOpts } from 'node:net';
import { expect, test } from 'vitest';
import { createDataPath, type DataPathDeps, targetOf } from '../../src/agent/data-path.js';
import { createClock, createFakeClock, silentLogger, type WaymarkError } from '../../src/core/index.js';

type Outcome = 'connect' | 'silence' | { code: string } | { codes: string[] };

function setUp(deps: Partial<DataPathDeps> = {}, options: { target?: string; interface?: string } = {}) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const world = { outcome: 'connect' as Outcome, hasSession: false, named: true };
  const asked: TcpNetConnectOpts[] = [];
  const verdicts: ('works' | WaymarkError)[] = [];
  const sockets: { destroyed: boolean }[] = [];
  const path = createDataPath(
    {
      clock,
      log: silentLogger,
      service: () => ({ host: 'broker.example', port: 8883 }),
      hasSession: () => world.hasSession,
      report: (verdict) => void verdicts.push(verdict),
      connect: (given) => {
        asked.push(given);
        const seen = { destroyed: false };
        sockets.push(seen);
        const socket = Object.assign(new EventEmitter(), { destroy: () => (seen.destroyed = true) });
        setImmediate(() => {
          const { outcome } = world;
          if (world.named) socket.emit('lookup');
          if (outcome === 'connect') socket.emit('connect');
          else if (outcome !== 'silence')
            socket.emit(
              'error',
              'code' in outcome
                ? Object.assign(new Error(outcome.code), outcome)
                : Object.assign(
                    new AggregateError(outcome.codes.map((code) => Object.assign(new Error(code), { code }))),
                  ),
            );
        });
        return socket as unknown as Socket;
      },
      ...deps,
    },
    { everySeconds: () => 60, ...options },
  );
  const start = (): void =>
    void path.lane.run({ signal: stop.signal, ok: () => undefined, doing: () => undefined }).catch(() => undefined);
  /** Asks, and moves time until there is an answer. */
  const probe = async (limitMs = 60_000) => {
    const answer: { is?: string } = {};
    void path.probe(stop.signal).then((is) => (answer.is = is));
    for (let spent = 0; answer.is === undefined && spent <= limitMs; spent += 500) await clock.advance(500);
    return answer.is;
  };
  return { path, clock, stop, world, asked, verdicts, sockets, start, probe };
}

const reasonOf = (verdict: 'works' | WaymarkError | undefined): unknown =>
  verdict === 'works' || verdict === undefined ? verdict : { code: verdict.code, ...verdict.evidence };

test.each<[string, Outcome]>([
  ['a connection', 'connect'],
  ['a refusal', { code: 'ECONNREFUSED' }],
  ['a reset', { code: 'ECONNRESET' }],
  ['one refusal among several addresses', { codes: ['ENETUNREACH', 'ECONNREFUSED'] }],
])('%s means that the road works, and nothing is left open', async (_what, outcome) => {
  const t = setUp();
  t.world.outcome = outcome;
  expect(await t.probe()).toBe('works');
  expect(t.asked).toHaveLength(1);
  expect(t.verdicts).toEqual(['works']);
  expect(t.path.snapshot()).toMatchObject({ state: 'works', lastReason: undefined });
  expect(t.sockets.every(({ destroyed }) => destroyed)).toBe(true);
});

test.each<[string, string]>([
  ['EHOSTUNREACH', 'connect'],
  ['ENETUNREACH', 'connect'],
  ['ETIMEDOUT', 'connect'],
  ['ENOTFOUND', 'name'],
  ['EAI_AGAIN', 'name'],
])('%s twice means that it is dead, at the step %s', async (code, step) => {
  const t = setUp();
  t.world.outcome = { code };
  expect(await t.probe()).toBe('dead');
  expect(t.asked).toHaveLength(2);
  expect(t.verdicts.map(reasonOf)).toEqual([{ code, step }]);
  expect(t.verdicts[0]).toMatchObject({ code: 'network.no-road' });
  expect(t.path.snapshot().state).toBe('dead');
});

test.each([
  [true, 'connect', 'no answer within 10 s'],
  [false, 'name', 'the name look-up does not end within 10 s'],
])('silence (name found: %s) is given ten seconds, and the step is told', async (named, step, words) => {
  const t = setUp();
  t.world.outcome = 'silence';
  t.world.named = named;
  expect(await t.probe()).toBe('dead');
  expect(t.clock.mono()).toBeGreaterThanOrEqual(22_000);
  expect(reasonOf(t.verdicts[0])).toEqual({ code: 'network.no-road', step });
  expect(t.path.snapshot().lastReason).toContain(words);
  expect(t.sockets.every(({ destroyed }) => destroyed)).toBe(true);
});

test('one lost packet is not a dead road', async () => {
  const t = setUp();
  t.world.outcome = { code: 'ENETUNREACH' };
  const asking = t.probe();
  await t.clock.advance(0);
  t.world.outcome = 'connect';
  expect(await asking).toBe('works');
  expect(t.verdicts).toEqual(['works']);
});

test('it looks once a minute, says a dead road each time, and says when it is back', async () => {
  const t = setUp();
  t.world.outcome = { code: 'ENETUNREACH' };
  t.start();
  await t.clock.advance(59_000);
  expect(t.asked).toHaveLength(0);
  await t.clock.advance(242_000);
  expect(t.asked).toHaveLength(5);
  expect(t.verdicts).toHaveLength(4);
  t.world.outcome = 'connect';
  await t.clock.advance(60_000);
  expect(t.verdicts.at(-1)).toBe('works');
});

test('while a session is up no byte is sent', async () => {
  const t = setUp();
  t.world.hasSession = true;
  t.start();
  await t.clock.advance(3_600_000);
  expect(await t.probe()).toBe('works');
  expect(t.asked).toEqual([]);
  expect(t.path.snapshot()).toMatchObject({ state: 'works', lastOkMonoMs: 3_600_000 });
});

test('without a target nothing is sent and nothing is known', async () => {
  const t = setUp({ service: () => undefined });
  t.start();
  await t.clock.advance(3_600_000);
  expect(await t.probe()).toBe('unknown');
  expect(t.asked).toEqual([]);
  expect(t.path.snapshot().state).toBe('unknown');
});

test('the configured target wins over the gateway’s own service', async () => {
  const t = setUp({}, { target: '192.0.2.7:53' });
  await t.probe();
  expect(t.asked[0]).toMatchObject({ host: '192.0.2.7', port: 53, autoSelectFamily: true });
});

const address = (text: string, family: 'IPv4' | 'IPv6') => ({
  address: text,
  family,
  netmask: '',
  mac: '',
  internal: false,
  cidr: null,
  ...(family === 'IPv6' ? { scopeid: 0 } : {}),
});

test('the connection comes from the configured interface, IPv4 before IPv6, never link-local', async () => {
  const interfaces = () =>
    ({
      wwan0: [address('fe80::1', 'IPv6'), address('2001:db8::1', 'IPv6'), address('10.1.2.3', 'IPv4')],
      wwan1: [address('fe80::1', 'IPv6'), address('2001:db8::1', 'IPv6')],
    }) as never;
  const four = setUp({ interfaces }, { interface: 'wwan0' });
  await four.probe();
  expect(four.asked[0]).toMatchObject({ localAddress: '10.1.2.3', family: 4 });
  const six = setUp({ interfaces }, { interface: 'wwan1' });
  await six.probe();
  expect(six.asked[0]).toMatchObject({ localAddress: '2001:db8::1', family: 6 });
});

test.each([
  ['is not there yet', {}],
  ['has no address yet', { ppp0: [address('fe80::1', 'IPv6')] }],
])('an interface that %s is the reason, and nothing is tried', async (words, known) => {
  const t = setUp({ interfaces: () => known as never }, { interface: 'ppp0' });
  expect(await t.probe()).toBe('dead');
  expect(reasonOf(t.verdicts[0])).toEqual({ code: 'network.no-road', step: 'interface' });
  expect(t.path.snapshot().lastReason).toBe(`the network interface ppp0 ${words}`);
  expect(t.asked).toEqual([]);
});

test('being stopped is no verdict', async () => {
  const t = setUp();
  t.world.outcome = 'silence';
  const asking = t.path.probe(t.stop.signal);
  await t.clock.advance(1000);
  t.stop.abort();
  expect(await asking).toBe('unknown');
  expect(t.verdicts).toEqual([]);
  expect(t.sockets.every(({ destroyed }) => destroyed)).toBe(true);
});

test('a real port that listens, and one that refuses, are both a road that works', async () => {
  const server = createServer((socket) => socket.destroy());
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  const look = (target: string) =>
    createDataPath(
      {
        clock: createClock(),
        log: silentLogger,
        service: () => undefined,
        hasSession: () => false,
        report: () => undefined,
        connect,
      },
      { everySeconds: () => 60, target },
    ).probe(new AbortController().signal);
  expect(await look(`127.0.0.1:${port}`)).toBe('works');
  await new Promise((resolve) => server.close(resolve));
  expect(await look(`127.0.0.1:${port}`)).toBe('works');
});

test.each([
  ['broker.example:8883', { host: 'broker.example', port: 8883 }],
  ['192.0.2.1:1', { host: '192.0.2.1', port: 1 }],
  ['broker.example', undefined],
])('%s as a target', (text, target) => {
  expect(targetOf(text)).toEqual(target);
});
