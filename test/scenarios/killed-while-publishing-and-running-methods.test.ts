import { join } from 'node:path';
import { expect, test } from 'vitest';
import { anchorNow, type CloudRecord, clockEnvironment, createClock } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import { deviceWise } from '../helpers/clouds.js';
import { figure } from '../helpers/figures.js';
import { type RunningAgent, runAgentIn, seeded, statusOf, untilStatus } from '../helpers/outside.js';
import { eventually, pause, QUICK_MODULE, startWorldIn, writeConfig } from '../helpers/scenario.js';
import { inScratch } from '../helpers/scratch.js';
import { type Witness, witnessIn } from '../helpers/witness.js';

const KILLS = Number(process.env['WAYMARK_KILLS'] ?? 5);
const SEED = Number(process.env['WAYMARK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const SCALE = 10;
/** Two kills in five fall while the module's own client speaks. */
const roadOf = (kill: number): 'module' | 'gateway' => (kill % 5 < 2 ? 'module' : 'gateway');

/** From the start of the process to a session, about. */
const START_MS = 1500;
/** A few methods, each from its notification to its answer, about. */
const METHODS_MS = 400;
const CALL_EVERY_MS = 80;
/** The inbox of the module has 20 places, and what it holds of a life that was killed is delivered to it again. */
const MAX_WAITING = 8;
const INBOX_FULL = -18101;

type Call = ReturnType<World['clouds']['devicewise']['platform']['methodsOf']>[number];

test(
  `kill -9 at ${KILLS} moments of publishing and running methods: nothing accepted is lost, no method runs twice`,
  {
    timeout: 90_000 + KILLS * 10_000,
  },
  () =>
    inScratch(async (dir) => {
      process.stdout.write(`WAYMARK_SEED=${SEED}\n`);
      const random = seeded(SEED);
      const anchor = anchorNow(SCALE);
      await using world = await startWorldIn(dir, { clock: createClock(anchor), module: QUICK_MODULE });
      const cloud = world.clouds.devicewise;
      const thing = world.module.state.identity.imei;
      // What is accepted waits a moment for the cloud's word.
      cloud.configure({ replyMs: 500 });
      const witness = witnessIn(dir);
      const env = { ...process.env, ...clockEnvironment(anchor), ...witness.env };
      const start = (road: 'module' | 'gateway'): RunningAgent =>
        runAgentIn(
          env,
          writeConfig(dir, world, {
            ...{ modem: { deviceWise: undefined }, ztp: null, corrections: null },
            deviceWise: deviceWise(dir, world, { road, stateSeconds: 10 }),
            location: { reportSeconds: 1, durable: true },
            commands: { maxPerMinute: 60 },
          }),
        );
      const caller = callMethods(world, thing);
      const lived: string[] = [];

      for (let kill = 0; kill < KILLS; kill++) {
        const road = roadOf(kill);
        const agent = start(road);
        const before = cloud.platform.stored(thing).locations.length;
        const spread = random();
        if (kill % 5 === 4) await pause(100 + spread * START_MS);
        else {
          await eventually(
            `kill ${kill}: positions arrive by the ${road}`,
            () => cloud.platform.stored(thing).locations.length > before + 1,
            30_000,
          ).catch(async (error: unknown) => {
            const status = await statusOf(join(dir, 'run'));
            throw new Error(`${JSON.stringify(status?.clouds, null, 1)}\n${agent.output.stdout}`, { cause: error });
          });
          // In the middle of publishing, or of a method.
          if (kill % 2 === 0) await caller.next();
          await pause(spread * METHODS_MS);
        }
        agent.child.kill('SIGKILL');
        const { code } = await agent.ended;
        expect(code, agent.output.stderr).toBeNull();
        lived.push(`${road} ${cloud.platform.stored(thing).locations.length - before}`);
      }

      caller.stop();
      cloud.configure({ replyMs: 0 });
      await using last = start('gateway');
      const open = (): Call[] => caller.calls().filter(({ state }) => state !== 'acked');
      await eventually('every method is answered', () => open().length === 0, 60_000).catch(async (error: unknown) => {
        const status = await statusOf(join(dir, 'run'));
        throw new Error(`${JSON.stringify([open(), status?.clouds], null, 1)}\n${last.output.stdout}`, {
          cause: error,
        });
      });
      const taken = witness.records();
      await eventually('everything has arrived', () => missing(world, thing, taken).length === 0, 30_000).catch(
        async (error: unknown) => {
          const status = await statusOf(join(dir, 'run'));
          throw new Error(JSON.stringify([missing(world, thing, taken), status?.clouds], null, 1), {
            cause: error,
          });
        },
      );
      const done = await untilStatus(join(dir, 'run'), 'a cloud', ({ clouds = [] }) => clouds.length > 0);
      expect(done.clouds?.[0]?.outbox).toMatchObject({ dropped: 0, quarantined: 0, corrupt: 0, gaps: 0 });

      expect(taken.length).toBeGreaterThan(KILLS * 5);
      expectStoredAsTaken(world, thing, witness);
      const ends = expectOneEffectEach(caller.calls(), witness);
      figure(
        `${KILLS} kills (seed ${SEED}): ${taken.length} records accepted, 0 lost; ${caller.count} methods called, ` +
          `${ends.done} done, ${ends.interrupted} interrupted, ${ends.refused} refused (${ends.full} by a module whose inbox was full), 0 run twice`,
      );
      process.stdout.write(`${lived.join(', ')}\n`);
    }),
);

interface Caller {
  readonly count: number;
  calls(): readonly Call[];
  /** Resolves right after the next call. */
  next(): Promise<void>;
  stop(): void;
}

/** Calls `set-report-interval` all the time, once the thing is there; no two with the same interval. */
function callMethods(world: World, thing: string): Caller {
  const { platform } = world.clouds.devicewise;
  const FIRST_S = 1000;
  let count = 0;
  let called: (() => void)[] = [];
  const timer = setInterval(() => {
    const waiting = platform.things.get(thing)?.waiting;
    if (waiting === undefined || waiting >= MAX_WAITING) return;
    platform.method(thing, 'set-report-interval', { seconds: FIRST_S + count++ }, { ttlS: -1 });
    for (const each of called.splice(0)) each();
  }, CALL_EVERY_MS);
  return {
    get count() {
      return count;
    },
    calls: () => platform.methodsOf(thing),
    next: () => new Promise((resolve) => void called.push(resolve)),
    stop() {
      clearInterval(timer);
      called = [];
    },
  };
}

/** The correlation ids, each of which is a record's own id, of everything the cloud has stored. */
function storedIds(world: World, thing: string): Set<string | undefined> {
  const { locations, properties, attributes, alarms, logs } = world.clouds.devicewise.platform.stored(thing);
  return new Set([...locations, ...properties, ...attributes, ...alarms, ...logs].map(({ corrId }) => corrId));
}

/** Accepted, and not at the cloud: an answer is there once its call is over. */
function missing(world: World, thing: string, taken: readonly CloudRecord[]): CloudRecord[] {
  const stored = storedIds(world, thing);
  const { platform } = world.clouds.devicewise;
  const isOver = new Set(platform.methodsOf(thing).flatMap(({ id, state }) => (state === 'acked' ? [id] : [])));
  const isThere = ({ id, kind, body }: CloudRecord): boolean =>
    kind === 'result' ? isOver.has(String(body['commandId'])) : stored.has(id);
  const gone = taken.filter((record) => !isThere(record));
  // The cloud takes the state an alarm has already and stores nothing: so many may be missing.
  const unchanged = platform.ledger.outcomes.filter(({ notes }) => notes.includes('unchanged')).length;
  const isSpent = gone.filter(({ kind }) => kind === 'alarm').length <= unchanged;
  return gone.filter(({ kind }) => kind !== 'alarm' || !isSpent);
}

function expectStoredAsTaken(world: World, thing: string, witness: Witness): void {
  const stored = storedIds(world, thing);
  const locations = [...world.clouds.devicewise.platform.stored(thing).locations];
  // It goes on meanwhile.
  const taken = witness.records();
  const byId = new Map(taken.map((record) => [record.id, record]));
  expect(byId.size).toBe(taken.length);
  // The witness has seen it all: nothing at the cloud is unknown to it.
  expect([...stored].filter((id) => id === undefined || !byId.has(id))).toEqual([]);
  // What came twice came under the same id, with the same time and place; the module hands on six decimals.
  const amiss = locations.filter(({ corrId = '', tsMs, lat, lng }) => {
    const { utcMs, body } = byId.get(corrId) ?? {};
    const off = [lat - Number(body?.['latitudeDeg']), lng - Number(body?.['longitudeDeg'])];
    return tsMs !== utcMs || !off.every((each) => Math.abs(each) < 6e-7);
  });
  expect(amiss).toEqual([]);
  const [ids, times] = [locations.map(({ corrId }) => corrId), locations.map(({ tsMs }) => tsMs)];
  expect(new Set(times).size).toBe(new Set(ids).size);
}

interface Ends {
  done: number;
  interrupted: number;
  /** Of these `full`: the module's inbox was full, whether or not this very call was in it already. */
  refused: number;
  full: number;
}

function expectOneEffectEach(calls: readonly Call[], witness: Witness): Ends {
  const ends: Ends = { done: 0, interrupted: 0, refused: 0, full: 0 };
  const ran = witness.intervals();
  for (const { id, params, acked } of calls) {
    const times = ran.filter((seconds) => seconds === (params as { seconds: number }).seconds).length;
    const what = `${id} ran ${times} times: ${JSON.stringify(acked)}`;
    expect(times, what).toBeLessThanOrEqual(1);
    switch (acked?.errorCode) {
      case 0:
        ends.done++;
        expect(times, what).toBe(1);
        break;
      case 2:
        ends.refused++;
        expect(times, what).toBe(0);
        break;
      case INBOX_FULL:
        ends.refused++;
        ends.full++;
        break;
      default:
        ends.interrupted++;
        expect(acked, what).toMatchObject({ errorCode: 3 });
    }
  }
  expect(ends.done).toBeGreaterThan(KILLS / 2);
  return ends;
}
