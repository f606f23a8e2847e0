// Two status objects as a gateway gave them: all is well, and several things are not.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StatusSnapshot } from '../../src/status/index.js';

const read = (name: string): StatusSnapshot =>
  JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8')) as StatusSnapshot;

export const demoStatus = (): StatusSnapshot => read('status-demo.json');
/** The module is gone, the clock is wrong, both clouds are away, a credential is refused. */
export const faultyStatus = (): StatusSnapshot => read('status-faults.json');
