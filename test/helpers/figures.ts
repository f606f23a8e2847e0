// Measured figures of long runs, one line each on stdout; `npm run proof` collects the lines that begin with `figure:`.

/** The value below which `share` (0..1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export function figure(text: string): void {
  console.log(`figure: ${text}`);
}
