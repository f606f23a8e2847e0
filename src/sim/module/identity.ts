// Who the module is: manufacturer, model, revision, IMEI, in the standard and in the vendor's own spelling.
import type { CommandContext, CommandSpec, CommandTable, Handler } from './command.js';
import type { Identity } from './state.js';

const say =
  (prefix: string, value: (identity: Identity) => string): Handler =>
  ({ state, info }: CommandContext) => {
    info(`${prefix}${value(state.identity)}`);
    return 'OK';
  };

const plain = (value: (identity: Identity) => string): CommandSpec => ({ exec: say('', value), test: '' });
const prefixed = (name: string, value: (identity: Identity) => string): CommandSpec => ({
  exec: say(`${name}: `, value),
  test: '',
});

const imei = (identity: Identity): string => identity.imei;

/** +CGSN=<snt>: 0 serial number, 1 IMEI, 2 IMEISV, 3 SVN. */
const serialNumber: CommandSpec = {
  ...plain(imei),
  test: '(0-3)',
  set: (context, [kind]) => {
    const number = context.state.identity.imei;
    const answers: Readonly<Record<string, string>> = {
      0: number,
      1: `+CGSN: "${number}"`,
      2: `+CGSN: "${number.slice(0, 14)}01"`,
      3: '+CGSN: "01"',
    };
    const answer = answers[kind ?? ''];
    if (answer === undefined) return 'ERROR';
    context.info(answer);
    return 'OK';
  },
};

export const IDENTITY_COMMANDS: CommandTable = {
  '+CGMI': plain((identity) => identity.manufacturer),
  '+GMI': plain((identity) => identity.manufacturer),
  '#CGMI': prefixed('#CGMI', (identity) => identity.manufacturer),
  '+CGMM': plain((identity) => identity.model),
  '+GMM': plain((identity) => identity.model),
  '#CGMM': prefixed('#CGMM', (identity) => identity.model),
  '+CGMR': plain((identity) => identity.revision),
  '+GMR': plain((identity) => identity.revision),
  '#CGMR': prefixed('#CGMR', (identity) => identity.revision),
  '+CGSN': serialNumber,
  '+GSN': plain(imei),
  '#CGSN': prefixed('#CGSN', imei),
  '+GCAP': { exec: say('+GCAP: ', () => '+CGSM,+DS,+FCLASS,+MS,+ES'), test: '' },
  '#SWPKGV': {
    exec: ({ state, info }) => {
      info(`${state.identity.revision}-P0F.000000`);
      info(state.identity.revision);
      info('P0F.000000');
      return 'OK';
    },
  },
};

/** ATI<n>: 0 code, 3 manufacturer, 4 model, 5 revision, 7 IMEI. */
export function identification({ state, info }: CommandContext, n: number | undefined): 'OK' | 'ERROR' {
  const { manufacturer, model, revision } = state.identity;
  const texts = new Map([
    [0, ['332']],
    [1, ['000']],
    [2, []],
    [3, [manufacturer]],
    [4, [model]],
    [5, [revision]],
    [7, [state.identity.imei]],
  ]);
  // Without a number: the three lines people and programs look for.
  const lines = n === undefined ? [manufacturer, model, revision] : texts.get(n);
  if (!lines) return 'ERROR';
  for (const line of lines) info(line);
  return 'OK';
}
