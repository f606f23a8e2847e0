// The one list of signs in a text from outside that steer instead of being seen: a terminal, a page, a label and a log line
// all have to be spared the same ones. Tab and newline are not among them; who needs one line replaces those first.

/**
 * Controls (C0, DEL, C1); what turns the reading direction or joins and parts without a width, the byte order mark and the
 * soft hyphen among them; line separators; notes between lines; the invisible letters of language tags.
 */
const UNSEEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/g;

/** Each of them by something that can be seen. */
export const replaceUnseen = (text: string, by: (sign: string) => string): string => text.replace(UNSEEN, by);
