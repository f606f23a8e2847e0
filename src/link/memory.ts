// Two ends of a pipe in memory, for tests and simulators: what one writes the other reads.
import { createClock, silentLogger, WaymarkError } from '../core/index.js';
import { createLinkOver, type DrivenLink } from './base.js';
import type { Link } from './link.js';

/** Two linked ends; disposing one hangs up the other. Bytes are copied and arrive at once. */
export function memoryLinkPair(): [Link, Link] {
  const clock = createClock();
  const make = (name: string, other: () => DrivenLink): DrivenLink =>
    createLinkOver({
      name,
      clock,
      log: silentLogger,
      baudRate: 115_200,
      transport: {
        write(bytes, done) {
          other().arrived(Uint8Array.from(bytes));
          done();
        },
        close() {
          other().gone(new WaymarkError('link.closed', `${name}: hang-up`));
          return Promise.resolve();
        },
      },
    });
  const near: DrivenLink = make('memory:near', () => far);
  const far: DrivenLink = make('memory:far', () => near);
  return [near.link, far.link];
}
