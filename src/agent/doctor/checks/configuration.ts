// Is there a configuration, and is it valid? Its secrets are looked at by other checks.
import { readFile } from 'node:fs/promises';
import { type Config, type ConfigProblem, explainProblem, parseConfig } from '../../../config/index.js';
import { systemCode } from '../../../vault/index.js';
import type { Desk } from '../desk.js';
import { quoted } from '../files.js';
import { defineCheck, type Finding } from '../types.js';

interface Facts {
  file: string;
  isDefault: boolean;
  unreadable?: string;
  config?: Config;
  problems: readonly ConfigProblem[];
  warnings: readonly ConfigProblem[];
}

const MAX_BYTES = 262_144;

export const configurationCheck = defineCheck<Desk, Facts>({
  id: 'configuration',
  title: 'Configuration',
  needs: [],
  deadlineMs: 10_000,
  looksAt: 'the configuration file: readable, valid, each problem with its line',
  cures: [
    ['there is no file', '`waymark init --out FILE` writes one'],
    ['it may not be read', '`sudo waymark doctor`'],
    ['it has problems', 'correct the lines named; `waymark config check -c FILE` tests it'],
  ],
  async gather(desk) {
    const { configFile: file, isDefaultFile: isDefault } = desk;
    try {
      const text = await readFile(file, 'utf8');
      const report = parseConfig(text.slice(0, MAX_BYTES), file);
      if (report.config) desk.setConfig(report.config);
      return { file, isDefault, ...report };
    } catch (error) {
      return { file, isDefault, unreadable: systemCode(error), problems: [], warnings: [] };
    }
  },
  judge({ file, isDefault, unreadable, config, problems, warnings }) {
    if (unreadable === 'ENOENT')
      return {
        is: 'fail',
        sentence: `${file}: there is no such file`,
        cure: `waymark init --out ${quoted(file)}${isDefault ? ' (or name another file with -c FILE)' : ''}`,
        code: 'config.unreadable',
      };
    if (unreadable !== undefined)
      return {
        is: 'fail',
        sentence: `${file}: cannot be read (${unreadable})`,
        // Its folder may be closed on purpose, as that of the package is: the file's own mode would help nobody.
        cure:
          unreadable === 'EACCES'
            ? `sudo waymark doctor${isDefault ? '' : ` -c ${quoted(file)}`}`
            : `Look at it: ls -l ${quoted(file)}`,
        code: 'config.unreadable',
      };
    if (!config)
      return problems.map(
        (problem): Finding => ({
          is: 'fail',
          sentence: explainProblem(problem),
          cure: `Correct line ${problem.line}, then: waymark config check -c ${quoted(file)}`,
          code: 'config.invalid',
        }),
      );
    return [
      { is: 'ok', sentence: `${file} is valid` },
      ...warnings.map(
        (warning): Finding => ({
          is: 'warn',
          sentence: explainProblem(warning),
          cure: `Look at line ${warning.line} of ${quoted(file)}`,
        }),
      ),
    ];
  },
});
