// At what speed has the program on the other side set a simulated serial port? A pseudo terminal carries bytes at any
// speed, but its settings can be read by `stty`: now and then, while somebody wants to know.
import { execFile } from 'node:child_process';
import { createClock, type Timer } from '../core/index.js';

export interface LineSpeed extends Disposable {
  /** As it was seen last; undefined while nobody wants to know or it cannot be told. */
  readonly baudRate: number | undefined;
  /** Looks now. */
  look(): Promise<void>;
}

export interface LineSpeedDeps {
  /** Path of the port; anything else has no speed. */
  address: () => string;
  isWanted: () => boolean;
}

/** Real time: a program opens its port at the pace of the real machine. */
const LOOK_MS = 200;
const ANSWER_MS = 2000;

/** What `stty` says; undefined where there is none, or no such port. */
function askStty(path: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile('stty', ['-F', path, 'speed'], { timeout: ANSWER_MS }, (error, stdout) => {
      const speed = Number(stdout.trim());
      resolve(error || !Number.isInteger(speed) || speed <= 0 ? undefined : speed);
    });
  });
}

export function watchLineSpeed({ address, isWanted }: LineSpeedDeps): LineSpeed {
  const clock = createClock();
  let baudRate: number | undefined;
  let timer: Timer | undefined;
  let isOver = false;

  const look = async (): Promise<void> => {
    const path = address();
    baudRate = isWanted() && path.startsWith('/') ? await askStty(path) : undefined;
  };
  const again = (): void => {
    timer = clock.after(LOOK_MS, () => {
      void look().then(() => {
        if (!isOver) again();
      });
    });
  };
  again();
  return {
    get baudRate() {
      return baudRate;
    },
    look,
    [Symbol.dispose]() {
      isOver = true;
      timer?.cancel();
    },
  };
}
