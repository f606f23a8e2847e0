// What a module keeps of us in its own memory, made to be forgotten: the deviceWISE app token (#DWCFG), the authority
// loaded for it, and the CellLocate token (+UGSRV). For a gateway that is taken out of service: each is looked at first,
// overwritten only where something is kept, and read back.
//
//   #DWCFG     all nine parameters, the token a word that is none; an empty one some firmware takes for "as before"
//   SSL        certificate 1 of class 1 deleted (specs/devicewise.md 1.1 names class and number; the action 0 is from memory)
//   +UGSRV     the same with its servers left alone
import { isWaymarkError } from '../core/index.js';
import { parseUgsrv } from './apps/celllocate/parse.js';
import { parseDwcfg } from './apps/devicewise/config.js';
import type { AtChannel } from './at.js';

/** Long enough for every module, and plainly no token. */
const NONE = 'none';

export interface Forgotten {
  what: 'app-token' | 'authority' | 'celllocate-token';
  /** `absent`: the module does not know it, or keeps none. `kept`: it was asked and still has it, or does not say. */
  result: 'forgotten' | 'absent' | 'kept';
}

async function lines(run: AtChannel['run'], text: string, signal: AbortSignal): Promise<readonly string[] | undefined> {
  try {
    // Answers repeat the token: nothing of it is to be shown.
    return (await run({ text, shown: text }, { signal })).lines;
  } catch (error) {
    if (isWaymarkError(error, 'modem.error')) return undefined;
    throw error;
  }
}

const tokenIn = (answer: readonly string[] | undefined): string | undefined =>
  answer
    ?.map((line) => /^#DWCFG:\s*([^\r\n]{1,1024})$/.exec(line)?.[1]?.split(',')[2])
    .find((token) => token !== undefined)
    ?.trim()
    .replace(/^"|"$/g, '');

async function forgetAppToken(run: AtChannel['run'], signal: AbortSignal): Promise<Forgotten['result']> {
  const before = await lines(run, 'AT#DWCFG?', signal);
  const found = before?.map((line) => parseDwcfg(line, undefined)).find((each) => each !== undefined);
  const token = tokenIn(before);
  if (!found || token === undefined || token === '' || token === NONE) return 'absent';
  const texts = found.plain.map((text, i) => (i === 2 ? NONE : text));
  await lines(run, `AT#DWCFG=${texts.join(',')}`, signal);
  return tokenIn(await lines(run, 'AT#DWCFG?', signal)) === NONE ? 'forgotten' : 'kept';
}

async function forgetAuthority(run: AtChannel['run'], signal: AbortSignal): Promise<Forgotten['result']> {
  const has = async (): Promise<boolean> =>
    (await lines(run, 'AT#SSLSECDATA=1,2,1', signal))?.some((line) => line.includes('-----BEGIN')) === true;
  if (!(await has())) return 'absent';
  await lines(run, 'AT#SSLSECDATA=1,0,1', signal);
  return (await has()) ? 'kept' : 'forgotten';
}

async function forgetCellToken(run: AtChannel['run'], signal: AbortSignal): Promise<Forgotten['result']> {
  const read = async (): Promise<{ token: string; found: NonNullable<ReturnType<typeof parseUgsrv>> } | undefined> => {
    for (const line of (await lines(run, 'AT+UGSRV?', signal)) ?? []) {
      const found = parseUgsrv(line, { is: () => false });
      const token = line.split(',')[2]?.trim().replace(/^"|"$/g, '');
      if (found && token !== undefined) return { token, found };
    }
    return undefined;
  };
  const before = await read();
  if (!before || before.token === '' || before.token === NONE) return 'absent';
  const { primary, secondary } = before.found;
  await lines(run, `AT+UGSRV="${primary}","${secondary}","${NONE}"`, signal);
  return (await read())?.token === NONE ? 'forgotten' : 'kept';
}

/** Errors: those of `AtChannel.run` but `modem.error`. */
export async function forgetOurs(run: AtChannel['run'], signal: AbortSignal): Promise<readonly Forgotten[]> {
  return [
    { what: 'app-token', result: await forgetAppToken(run, signal) },
    { what: 'authority', result: await forgetAuthority(run, signal) },
    { what: 'celllocate-token', result: await forgetCellToken(run, signal) },
  ];
}
