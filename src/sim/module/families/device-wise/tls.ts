// TLS of the module's sockets: on or off, what is checked, and the certificates it keeps (specs/devicewise.md 1.1 steps 7
// to 9; most of it from memory there).
import { CME, type CommandContext, type CommandTable, numberIn, type Outcome, stored } from '../../command.js';
import { AUTHORITY, dataName, isSecureSocketOn, PEM, security, settingsOf } from './tls-state.js';

const SSL_OFF: Outcome = { cme: 836 };
const NO_DATA: Outcome = { cme: 837 };
const MAX_DATA_BYTES = 4095;
const CTRL_Z = 0x1a;
const KINDS = [0, AUTHORITY, 2] as const;

function configure({ state }: CommandContext, args: readonly string[]): Outcome {
  const most = state.deviceWise.knobs.sslSecCfgParams;
  const [socket, cipher, checks, format] = args;
  const isGood =
    (args.length === 3 || args.length === most) &&
    numberIn(socket, 1, 1) !== undefined &&
    numberIn(cipher, 0, 255) !== undefined &&
    numberIn(checks, 0, 2) !== undefined &&
    (format === undefined || numberIn(format, 0, 1) !== undefined);
  if (!isGood) return { cme: CME.badParameters };
  if (!isSecureSocketOn(state)) return SSL_OFF;
  settingsOf(state)['#SSLSECCFG'] = args.join(',');
  state.nvm.save();
  return 'OK';
}

/** Data in PEM must at least look like it. */
function write({ state }: CommandContext, kind: number, bytes: Buffer | undefined): Outcome {
  if (!bytes) return 'ERROR';
  const data = bytes.at(-1) === CTRL_Z ? bytes.subarray(0, -1) : bytes;
  const text = data.toString('latin1');
  if (security(state).format === PEM && !text.trimStart().startsWith('-----BEGIN ')) return NO_DATA;
  settingsOf(state)[dataName(kind)] = text;
  state.nvm.save();
  return 'OK';
}

function data(context: CommandContext, args: readonly string[]): Outcome | 'PENDING' {
  const { state, info } = context;
  const [socket, actionText, kindText, sizeText] = args;
  const action = numberIn(actionText, 0, 2);
  const kind = numberIn(kindText, 0, KINDS.length - 1);
  const size = numberIn(sizeText, 1, MAX_DATA_BYTES);
  if (socket !== '1' || action === undefined || kind === undefined || (action === 1) !== (sizeText !== undefined))
    return { cme: CME.badParameters };
  if (!isSecureSocketOn(state)) return SSL_OFF;
  const name = dataName(kind);
  if (action === 1) {
    if (size === undefined) return { cme: CME.badParameters };
    const { secDataEnd: endsWith, echoesPayload: isEchoed } = state.deviceWise.knobs;
    context.promptBytes({ count: size, endsWith, isEchoed }, (bytes) => write(context, kind, bytes));
    return 'PENDING';
  }
  const kept = settingsOf(state)[name];
  if (kept === undefined) return NO_DATA;
  if (action === 2) {
    info(`#SSLSECDATA: 1,${kind}`);
    info(kept);
    return 'OK';
  }
  const { [name]: _, ...others } = settingsOf(state);
  state.nvm.data.settings = others;
  state.nvm.save();
  return 'OK';
}

export const TLS_COMMANDS: CommandTable = {
  '#SSLEN': stored('#SSLEN', '1,0', /^1,[01]$/, '(1),(0,1)'),
  '#SSLSECCFG': {
    read: ({ state, info }) => {
      info(`#SSLSECCFG: ${security(state).text}`);
      return 'OK';
    },
    set: configure,
    test: '(1),(0-255),(0-2),(0,1)',
    latency: 'store',
  },
  '#SSLSECDATA': {
    read: ({ state, info }) => {
      info(
        `#SSLSECDATA: 1,${KINDS.map((kind) => (settingsOf(state)[dataName(kind)] === undefined ? 0 : 1)).join(',')}`,
      );
      return 'OK';
    },
    set: data,
    test: `(1),(0-2),(0-2),(1-${MAX_DATA_BYTES})`,
    latency: 'store',
  },
};
