// AT#DWCONN and AT#DWSTATUS (specs/devicewise.md 1.4, 1.6).
import type { CommandContext, CommandTable, Outcome } from '../../command.js';
import { DW, failure } from './codes.js';

const NO_CONTEXT: Outcome = { cme: 556 };
const CONTEXT = 1;

const failed = ({ state }: CommandContext, code: number): Outcome => failure(code, state.deviceWise.knobs);

function start(context: CommandContext): Outcome | 'PENDING' {
  const { state, deviceWise: client } = context;
  const { knobs } = state.deviceWise;
  if (client.isStarted) return failed(context, DW.alreadyStarted);
  if (knobs.pdpGuard && !state.activeContexts.has(CONTEXT)) return knobs.errorForm === 'bare' ? 'ERROR' : NO_CONTEXT;
  if (knobs.connOkIsAsync) {
    client.start(() => undefined);
    return 'OK';
  }
  // A first attempt that failed leaves the client started: it goes on trying behind the error.
  return context.wait((end) => client.start((code) => end(() => (code === 0 ? 'OK' : failed(context, code)))));
}

function stop(context: CommandContext): Outcome | 'PENDING' {
  const { state, deviceWise: client } = context;
  if (!client.isStarted) return failed(context, DW.alreadyStopped);
  client.stop();
  return context.wait((end) => void context.later(state.deviceWise.knobs.stopMs, () => end(() => 'OK')));
}

function status(context: CommandContext): Outcome | 'PENDING' {
  const { state, deviceWise: client, info } = context;
  const print = (latency: number): Outcome => {
    const { status: now, lastError, counters } = state.deviceWise;
    const { packetsIn, packetsOut, bytesIn, bytesOut } = counters;
    info(`#DWSTATUS: ${[now, lastError, latency, packetsIn, packetsOut, bytesIn, bytesOut].join(',')}`);
    return 'OK';
  };
  if (!client.isConnected) return print(-1);
  return context.wait((end) => client.ping((latency) => end(() => print(latency))));
}

export const CONNECTION_COMMANDS: CommandTable = {
  '#DWCONN': {
    read: ({ state, deviceWise: client, info }) => {
      info(`#DWCONN: ${client.isStarted ? 1 : 0},${state.deviceWise.status}`);
      return 'OK';
    },
    set: (context, args) => {
      if (args.length !== 1 || (args[0] !== '0' && args[0] !== '1')) return failed(context, DW.badParameters);
      return args[0] === '1' ? start(context) : stop(context);
    },
    test: '(0,1)',
    latency: 'query',
  },
  '#DWSTATUS': { exec: status, test: '', latency: 'query' },
};
