// `waymark config check|schema`: the file judged without touching any device or network.
import { dirname, resolve } from 'node:path';
import schema from '../../config/waymark.schema.json' with { type: 'json' };
import { inspectCredentials } from '../agent/index.js';
import { explainProblem, explainProblems, inspectConfig } from '../config/index.js';
import { createClock, EXIT } from '../core/index.js';
import { describeCredentials } from '../status/index.js';
import { printJson, stderr, stdout } from './output.js';

/** 0 without problems, 78 with. Errors: `config.unreadable`. */
export async function configCheck(options: { config: string; json: boolean }): Promise<number> {
  const file = resolve(options.config);
  const clock = createClock();
  const { config, problems, warnings } = await inspectConfig(file, { env: process.env, clock });
  const ok = problems.length === 0;
  // A copy: variables are taken out once read, and this is only a look.
  const env = { ...process.env };
  const credentials = config ? await inspectCredentials({ config, configDir: dirname(file), clock, env }) : [];
  if (options.json) printJson({ ok, problems, warnings, credentials });
  else {
    if (warnings.length > 0) stderr.write(`Warnings:\n${warnings.map(explainProblem).join('\n')}\n\n`);
    if (ok) stdout.write(`${file}: can be used.\n`);
    else stderr.write(`${explainProblems(problems)}\n`);
    if (credentials.length > 0)
      stdout.write(`\nCredentials (nothing was sent anywhere):\n${describeCredentials(credentials)}`);
  }
  return ok ? EXIT.ok : EXIT.config;
}

export function configSchemaVerb(): number {
  stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  return EXIT.ok;
}
