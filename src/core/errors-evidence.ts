// Codes of what a person takes out of a gateway, puts back, or has removed: bundle, backup, restore, wipe.
import type { ErrorInfo } from './error-info.js';

export const EVIDENCE_ERRORS = {
  'backup.passphrase': {
    retry: 'operator',
    hint: 'The passphrase is not the one the backup was made with. Nothing was changed; a lost passphrase cannot be got back.',
    exit: 77,
  },
  'backup.damaged': {
    retry: 'operator',
    hint: 'The file is damaged, cut short or no backup of this program: take another copy. Nothing was changed.',
    exit: 74,
  },
  'backup.version': {
    retry: 'operator',
    hint: 'The backup is of another layout than this program reads: install the version of Waymark that the message names, restore with it, then update.',
    exit: 74,
  },
  'backup.unreadable': {
    retry: 'operator',
    hint: 'What is to be kept cannot be read by this user: run it as root or as the service user.',
    exit: 77,
  },
  'wipe.incomplete': {
    retry: 'operator',
    hint: 'Something could not be removed; the message names it. Remove it by hand, then run the verb again: it looks anew.',
    exit: 74,
  },
} as const satisfies Record<string, ErrorInfo>;
