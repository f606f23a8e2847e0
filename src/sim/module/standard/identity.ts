// Who the module is: manufacturer, model, revision, IMEI in the standard spelling.
import type { BasicHandler, CommandContext, CommandSpec, CommandTable, Handler } from '../command.js';
import type { Identity } from '../state.js';

const say =
  (prefix: string, value: (identity: Identity) => string): Handler =>
  ({ state, info }: CommandContext) => {
    info(`${prefix}${value(state.identity)}`);
    return 'OK';
  };

const plain = (value: (identity: Identity) => string): CommandSpec => ({ exec: say('', value), test: '' });
/** With the command's name in front, as vendors do in their own spelling. */
export const prefixed = (name: string, value: (identity: Identity) => string): CommandSpec => ({
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
  '+CGMM': plain((identity) => identity.model),
  '+GMM': plain((identity) => identity.model),
  '+CGMR': plain((identity) => identity.revision),
  '+GMR': plain((identity) => identity.revision),
  '+CGSN': serialNumber,
  '+GSN': plain(imei),
  '+GCAP': { exec: say('+GCAP: ', () => '+CGSM,+DS,+FCLASS,+MS,+ES'), test: '' },
};

/** ATI<n> in the family's words. */
export const identification: BasicHandler = ({ state, family, info }, n) => {
  const lines = family.identification(state.identity, n);
  if (!lines) return 'ERROR';
  for (const line of lines) info(line);
  return 'OK';
};
