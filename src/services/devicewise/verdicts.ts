// What an outcome on the road means for the record that was sent: confirmed, put aside, or tried again.
//
//   ok ──> confirmed                                 timeout, link-lost ──> as they are
//   failed, permission ──> rejected, and the token's role is to blame
//   failed, weather ──> busy                         session: the road deals with it; busy until it has
//   failed, gone ──> of mailbox.ack: confirmed (answered before, or too late); else rejected
//   failed, anything else ──> rejected, with the cloud's own words
//   unsendable ──> rejected here                     busy ──> busy
//   unsendable, but may pass ──> rejected as by the cloud: where everything is, the outbox keeps it
import { oneLine, scrubber, type Tr50Command, type Tr50Outcome, type Verdict } from '../../core/index.js';
import { meaningOf } from './judgement.js';
import { cutText } from './text.js';

const WEATHER_MS = 15_000;
const SESSION_MS = 5000;
const MAX_TEXT_BYTES = 160;
const MAX_CODES = 4;

export function verdictOf(outcome: Tr50Outcome, { command }: Pick<Tr50Command, 'command'>): Verdict {
  switch (outcome.is) {
    case 'ok':
      return { is: 'confirmed' };
    case 'timeout':
    case 'link-lost':
      return { is: outcome.is };
    case 'busy':
      return { is: 'busy', retryAfterMs: outcome.retryAfterMs };
    case 'unsendable':
      return outcome.mayPass
        ? { is: 'rejected', code: 'devicewise.not-taken', reason: said(outcome.reason) }
        : { is: 'rejected', code: 'devicewise.too-large', reason: said(outcome.reason), isLocal: true };
    case 'failed': {
      const meaning = meaningOf(outcome);
      if (meaning === 'weather') return { is: 'busy', retryAfterMs: WEATHER_MS };
      if (meaning === 'session') return { is: 'busy', retryAfterMs: SESSION_MS };
      if (meaning === 'gone' && command === 'mailbox.ack') return { is: 'confirmed' };
      const code = meaning === 'permission' ? 'devicewise.permission' : 'devicewise.rejected';
      return { is: 'rejected', code, reason: `${command}: ${failureText(outcome)}` };
    }
  }
}

/** Codes and the first text, on one line and free of secrets. */
export function failureText({ codes, messages }: { codes: readonly number[]; messages: readonly string[] }): string {
  const [first] = messages;
  const parts = [codes.slice(0, MAX_CODES).join(', '), first === undefined ? '' : said(first)];
  const text = parts.filter((part) => part !== '').join(' ');
  return text === '' ? 'refused without a word' : text;
}

/** Scrubbed before it is cut: half a secret would no longer be recognised. */
const said = (text: string): string => cutText(oneLine(scrubber.scrub(text.slice(0, 4096))), MAX_TEXT_BYTES);

/**
 * The verdict on a record of several commands: what is uncertain counts before what is certain. Of a state only part of
 * which the thing definition takes, that part is what there is to be had.
 */
export function combined(verdicts: readonly Verdict[]): Verdict {
  const order: readonly Verdict['is'][] = ['link-lost', 'timeout', 'busy', 'rejected', 'confirmed', 'accepted'];
  const sorted = verdicts.toSorted((a, b) => order.indexOf(a.is) - order.indexOf(b.is));
  const worst = sorted.find((verdict) => verdict.is !== 'rejected' || verdict.code !== 'devicewise.rejected');
  return worst ?? sorted[0] ?? { is: 'timeout' };
}
