// How much data a month may cost.
import * as v from 'valibot';
import { choice, section, whole } from './schema-parts.js';

export const dataBudgetSchema = section(
  'The month’s data. Nothing is ever cut off by it: it is counted, said, and saved where that harms nobody.',
  {
    monthlyMiB: v.exactOptional(
      whole(
        1,
        10_485_760,
        'What the plan allows in a month, MiB; without it data is only counted. The operator counts packet headers, too: name nine tenths of the plan.',
      ),
    ),
    resetDay: v.optional(
      whole(1, 31, 'Day on which the operator’s month begins (UTC); in a shorter month its last day.'),
      1,
    ),
    warnPercent: v.optional(whole(1, 100, 'From here on it is said that most is used, and auto saves.'), 80),
    profile: v.optional(
      choice(
        ['normal', 'metered', 'auto'],
        'metered: keep-alives of 60 s, up to 30 min between tries to connect, state at most hourly, rarer looks at the data path. auto: that from warnPercent on. Corrections, positions and commands are the same in each.',
      ),
      'auto',
    ),
  },
);
