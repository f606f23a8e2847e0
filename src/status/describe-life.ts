// The configuration and the month's data in words, where there is something that a person has to know.
import { cureLines } from './lines.js';
import type { StatusSnapshot } from './snapshot.js';
import type { ConfigProblemView } from './views-life.js';

const MOST_PROBLEMS = 5;

/** What follows a refusal, once the mistakes are put right. */
export const RELOAD = 'waymark do reload-config';

/** `gateway.yaml:12, modem.bearer.apn: …`; what is not known of the place is left out. */
function problemWords({ file, line, path, message }: ConfigProblemView): string {
  const name = file.split('/').at(-1) ?? file;
  return `${name}${line > 0 ? `:${line}` : ''}${path === '' ? '' : `, ${path}`}: ${message}`;
}

/** The first few, and how many more there are. */
export function problemLines(problems: readonly ConfigProblemView[]): string[] {
  const more = problems.length - MOST_PROBLEMS;
  return [
    ...problems.slice(0, MOST_PROBLEMS).map(problemWords),
    ...(more > 0 ? [`and ${more} more: waymark config check`] : []),
  ];
}

const below = ' '.repeat(14);

/** Lines for people, below those of the clouds. */
export function lifeLines({ config, data }: StatusSnapshot): string[] {
  const lines: string[] = [];
  if (config?.state === 'refused') {
    lines.push('  config      the file was refused, the configuration before stays in force:');
    lines.push(...problemLines(config.problems).map((line) => `${below}${line}`));
    lines.push(...cureLines(below, `put it right, then: ${RELOAD}`, undefined));
  }
  if (data) {
    lines.push(`  data        ${data.sentence}`);
    lines.push(...cureLines(below, data.hint, data.reason));
  }
  return lines;
}
