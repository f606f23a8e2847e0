// Codes of what a person takes out of a gateway, puts back, or has removed: bundle, backup, restore, wipe.
import type { ErrorInfo } from './error-info.js';

export const EVIDENCE_ERRORS = {
  'backup.passphrase': {
    means: 'The passphrase does not open this backup.',
    retry: 'operator',
    hint: 'The passphrase is not the one the backup was made with. Nothing was changed; a lost passphrase cannot be got back.',
    exit: 77,
  },
  'backup.damaged': {
    means: 'The file is not a whole backup of this program.',
    retry: 'operator',
    hint: 'The file is damaged, cut short or no backup of this program: take another copy. Nothing was changed.',
    exit: 74,
  },
  'backup.version': {
    means: 'The backup was made by a version of Waymark whose layout this one does not read.',
    retry: 'operator',
    hint: 'The backup is of another layout than this program reads: install the version of Waymark that the message names, restore with it, then update.',
    exit: 74,
  },
  'backup.unreadable': {
    means: 'A file that belongs into the backup cannot be read by this user.',
    retry: 'operator',
    hint: 'What is to be kept cannot be read by this user: run it as root or as the service user.',
    exit: 77,
  },
  'wipe.incomplete': {
    means: 'Something that was to be removed is still there.',
    retry: 'operator',
    hint: 'Something could not be removed; the message names it. Remove it by hand, then run the verb again: it looks anew.',
    exit: 74,
  },
} as const satisfies Record<string, ErrorInfo>;
