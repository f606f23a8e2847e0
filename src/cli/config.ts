// `waymark config check|schema`: the file judged without touching any device or network.
import { resolve } from 'node:path';
import schema from '../../config/waymark.schema.json' with { type: 'json' };
import { explainProblems, inspectConfig } from '../config/index.js';
import { EXIT } from '../core/index.js';
import { printJson, stderr, stdout } from './output.js';

/** 0 without problems, 78 with. Errors: `config.unreadable`. */
export async function configCheck(options: { config: string; json: boolean }): Promise<number> {
  const file = resolve(options.config);
  const { problems, warnings } = await inspectConfig(file, { env: process.env });
  const ok = problems.length === 0;
  if (options.json) printJson({ ok, problems, warnings });
  else {
    if (warnings.length > 0)
      stderr.write(`Warnings (they keep nothing from starting):\n${explainProblems(warnings)}\n`);
    if (ok) stdout.write(`${file}: can be used.\n`);
    else stderr.write(`${explainProblems(problems)}\n`);
  }
  return ok ? EXIT.ok : EXIT.config;
}

export function configSchemaVerb(): number {
  stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
  return EXIT.ok;
}
