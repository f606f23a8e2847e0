// The AT engine on one core: tokenizer and channel over a link in memory, fed a mixed dialogue in 64-byte chunks, beside
// the least that could be done with the same bytes: splitting them at line feeds. Both run in turns in one process.
//
//   npm run bench -- at [--rounds N] [--lines N]
//
// Every answer is checked, so that a fast engine that loses lines is no result. Rates are per second of processor time.
// The second part sends ten million lines through one channel and looks at the heap after collection.
import { createClock, silentLogger } from '../src/core/index.js';
import { createAtChannel } from '../src/modem/channel.js';

const CHUNK_BYTES = 64;
/** Commands kept waiting, so that the next one is written the moment its turn comes. */
const IN_QUEUE = 8;
const GOAL_RATIO = 0.3;

/** The contexts a module has from the factory. */
const CONTEXTS = ['iot.example', 'ims', 'sos', 'admin.example', '', ''];
/** What a status round of an agent asks, and what a module says to it. */
const ANSWERS = [
  ['AT+CSQ', ['+CSQ: 20,99']],
  ['AT+CREG?', ['+CREG: 2,1,"1F00","0079D903",7']],
  ['AT+CEREG?', ['+CEREG: 2,1,"1F00","0079D903",7']],
  ['AT+COPS?', ['+COPS: 0,0,"Example Mobile",7']],
  ['AT+CESQ', ['+CESQ: 99,99,255,255,20,55']],
  ['AT+CGDCONT?', CONTEXTS.map((apn, i) => `+CGDCONT: ${i + 1},"IPV4V6","${apn}","",0,0,0,0`)],
  ['AT+CGACT?', CONTEXTS.map((_, i) => `+CGACT: ${i + 1},${i === 0 ? 1 : 0}`)],
  ['AT+CGPADDR=1', ['+CGPADDR: 1,"10.20.30.40"']],
  ['AT+CCLK?', ['+CCLK: "26/02/03,10:20:30+04"']],
  ['AT+CGMM', ['LE910C1-EUX']],
  ['AT#MONI', ['#MONI: Cc:262 Nc:01 RSRP:-97 RSRQ:-11 TAC:1F00 Id:0079D903 EARFCN:1300 PWR:-67dbm DRX:128']],
];
/** Between, before and behind the answers; some carry the prefix of the running command. */
const URCS = [
  '+CREG: 1,"1F00","0079D903",7',
  '+CEREG: 1,"1F00","0079D903",7',
  '+CIEV: 2,4',
  'SRING: 1,512',
  '#PSNT: 4',
  '+CGEV: EPS PDN ACT 1',
  '+UUSORD: 0,128',
];

/** The dialogue's bytes in chunks, its lines (one report for each line of an answer), and the commands it answers. */
function dialogue(rounds) {
  let text = '';
  let answers = 0;
  let reports = 0;
  let turn = 0;
  const say = (line) => {
    text += `\r\n${line}\r\n`;
    answers++;
    turn++;
  };
  const report = () => {
    text += `\r\n${URCS[reports++ % URCS.length]}\r\n`;
  };
  for (let i = 0; i < rounds; i++) {
    for (const [, lines] of ANSWERS) {
      for (const line of lines) {
        if (turn % 2 === 0) report();
        say(line);
      }
      say('OK');
      while (reports < answers) report();
    }
  }
  // Whole chunks only, so that the same dialogue can follow itself.
  while (text.length % CHUNK_BYTES !== 0) text += '\r';
  const bytes = Buffer.from(text, 'latin1');
  const chunks = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) chunks.push(bytes.subarray(at, at + CHUNK_BYTES));
  return { chunks, bytes: bytes.length, lines: answers + reports, commands: rounds * ANSWERS.length };
}

/** The floor: carry what has no end, cut at line feeds, decode each line. Returns the number of lines. */
function split(chunks, times) {
  let lines = 0;
  let length = 0;
  for (let turn = 0; turn < times; turn++) {
    let carry = Buffer.alloc(0);
    for (const chunk of chunks) {
      const bytes = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
      let from = 0;
      for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
        const line = bytes.toString('latin1', from, end);
        lines++;
        length += line.length;
        from = end + 1;
      }
      carry = bytes.subarray(from);
    }
  }
  if (length === 0) throw new Error('nothing was split');
  return lines;
}

/** The engine over the same bytes, `times` over; checks every answer. `onTurn` is called between the repetitions. */
async function converse({ chunks, commands }, times, onTurn = () => undefined) {
  const clock = createClock();
  const counters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  const ended = withResolvers();
  const go = withResolvers();
  let index = 0;
  let turn = 0;
  const next = () => {
    if (turn === times) {
      ended.resolve();
      return new Promise(() => undefined);
    }
    const value = chunks[index++];
    if (index === chunks.length) {
      index = 0;
      turn++;
      onTurn(turn);
    }
    return Promise.resolve({ value, done: false });
  };
  // The channel asks for the first chunk when it is made; the commands have to be in its queue before that comes.
  const source = { next: () => go.promise.then(() => Object.assign(source, { next }).next()) };
  const link = {
    name: 'bench',
    bytes: { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) },
    closed: new Promise(() => undefined),
    write: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const channel = createAtChannel({ link, clock, log: silentLogger, counters }, { commandGapMs: 0 });
  channel.learn({ urcPrefixes: ['SRING', '#PSNT', '+UUSORD'] });
  let heard = 0;
  for (const prefix of ['+CREG', '+CEREG']) channel.urcs(prefix, () => void heard++);
  let asked = 0;
  let wrong = 0;
  const total = commands * times;
  const ask = () => {
    if (asked === total) return;
    const [text, wanted] = ANSWERS[asked++ % ANSWERS.length];
    channel.run(text).then(({ lines }) => {
      if (lines.length !== wanted.length || lines[0] !== wanted[0]) wrong++;
      ask();
    });
  };
  for (let i = 0; i < IN_QUEUE; i++) ask();
  const stop = stopwatch();
  go.resolve();
  await ended.promise;
  const seconds = stop();
  if (wrong > 0 || counters.commands !== total || heard === 0 || counters.unknownUrcs > 0 || counters.timeouts > 0)
    throw new Error(`${wrong} of ${total} answers were wrong: ${JSON.stringify(counters)}`);
  await channel[Symbol.asyncDispose]();
  return seconds;
}

/** Seconds of processor time of this process, so that what else the machine does counts for neither side. */
function stopwatch() {
  const begin = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1e6;
  };
}

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function option(name, fallback) {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const heapMb = () => {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
};

async function main() {
  const rounds = Math.max(5, option('--rounds', 9));
  const longLines = option('--lines', 10_000_000);
  const script = dialogue(50);
  const times = Math.ceil(400_000 / script.lines);
  const megabytes = (script.bytes * times) / 1e6;
  split(script.chunks, times);
  await converse(script, times);
  const rates = { floor: [], engine: [], ratio: [] };
  for (let round = 0; round < rounds; round++) {
    const stop = stopwatch();
    split(script.chunks, times);
    const floor = stop();
    const engine = await converse(script, times);
    rates.floor.push(floor);
    rates.engine.push(engine);
    rates.ratio.push(floor / engine);
  }
  const show = (name, seconds) =>
    console.log(
      `${name}: ${((script.lines * times) / seconds / 1e6).toFixed(2)} M lines/s, ${(megabytes / seconds).toFixed(1)} MB/s`,
    );
  show('splitting at line ends', median(rates.floor));
  show('tokenizer and channel ', median(rates.engine));
  const ratio = median(rates.ratio);
  const met = ratio >= GOAL_RATIO;
  console.log(
    `figure: AT engine ${ratio.toFixed(2)} × the rate of splitting at line ends (goal ≥ ${GOAL_RATIO}: ${met ? 'met' : 'MISSED'}), median of ${rounds}, ${CHUNK_BYTES}-byte chunks`,
  );

  const turns = Math.ceil(longLines / script.lines);
  const step = Math.max(1, Math.floor(turns / 10));
  const heap = [];
  await converse(script, turns, (turn) => {
    if (turn % step === 0) heap.push(heapMb());
  });
  // The first tenth still compiles.
  const grown = heap.at(-1) - heap[1];
  console.log(
    `figure: heap over ${((turns * script.lines) / 1e6).toFixed(1)} M lines: ${heap[1].toFixed(2)} MB at a fifth, ${heap.at(-1).toFixed(2)} MB at the end, most ${Math.max(...heap).toFixed(2)} MB (goal: flat: ${Math.abs(grown) < 0.5 ? 'met' : 'MISSED'})`,
  );
  process.exitCode = met && Math.abs(grown) < 0.5 ? 0 : 1;
}

void main();
