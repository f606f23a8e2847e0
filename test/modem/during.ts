import { type FakeClock, isWaymarkError } from '../../src/core/index.js';

/** The outcome of a promise while time is moved on until it settles. */
export async function during<T>(
  clock: FakeClock,
  promise: Promise<T>,
  limitMs = 400_000,
): Promise<T | { code: string }> {
  let outcome: { value: T | { code: string } } | undefined;
  promise.then(
    (value) => {
      outcome = { value };
    },
    (error: unknown) => {
      outcome = { value: { code: isWaymarkError(error) ? error.code : String(error) } };
    },
  );
  for (let spent = 0; !outcome && spent < limitMs; spent += 100) await clock.advance(100);
  if (!outcome) throw new Error('never settled');
  return outcome.value;
}
