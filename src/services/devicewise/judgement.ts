// What a failure said by deviceWISE means. Its full list of codes is inside the portal, so three are known and the rest is
// read from the text; what neither tells is a refusal of this one command (specs/devicewise.md 2.3). The module’s client
// hands on the first text alone, so the texts have to do there.

/**
 * `session`: not signed in (any more). `permission`: the token’s role may not do this. `weather`: rate, time-out, trouble of
 * the server; again later. `gone`: what it is about is not there. `refused`: this command, for good.
 */
export type Meaning = 'session' | 'permission' | 'weather' | 'gone' | 'refused';

const SESSION_CODE = -90_000;
const NOT_FOUND_CODE = -90_008;
/** Somebody has to show a second factor: nothing a gateway can do. */
const MFA_CODE = -90_041;

const SESSION_TEXT =
  /\bsession\b.{0,40}\b(?:expired|invalid|not|missing|required|unknown|ended)\b|\b(?:expired|invalid|missing|no|unknown) session\b|\bnot (?:authenticated|logged in)\b|\bauthentication (?:is )?required\b/i;
const PERMISSION_TEXT =
  /\bpermission|\bnot (?:authori[sz]ed|allowed|permitted)\b|\bunauthori[sz]ed\b|\baccess (?:is )?denied\b|\bforbidden\b|\binsufficient (?:rights|privileges|access)\b/i;
const WEATHER_TEXT =
  /\brate[ -]?limit|\b(?:limit|exceed)\w*\b.{0,24}\brate\b|\brate\b.{0,24}\bexceed|\btoo many\b|\bthrottl|\btim(?:ed?|ing)[ -]?out\b|\btemporar|\bunavailable\b|\btry(?:ing)? again\b|\boverload|\bbusy\b|\binternal (?:server )?error\b/i;
const GONE_TEXT = /\bnot[ -]found\b|\bdoes not exist\b|\bno longer (?:there|exists|available)\b|\bno such\b/i;
/** A key or name the server quotes must not be read as its own words: a property may be called "timeout". */
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/g;

export function meaningOf({ codes, messages }: { codes: readonly number[]; messages: readonly string[] }): Meaning {
  const text = messages
    .map((message) => message.slice(0, 500))
    .join(' | ')
    .replace(QUOTED, '…');
  if (codes.includes(SESSION_CODE) || SESSION_TEXT.test(text)) return 'session';
  if (codes.includes(NOT_FOUND_CODE)) return 'gone';
  if (codes.includes(MFA_CODE) || PERMISSION_TEXT.test(text)) return 'permission';
  if (WEATHER_TEXT.test(text)) return 'weather';
  return GONE_TEXT.test(text) ? 'gone' : 'refused';
}
