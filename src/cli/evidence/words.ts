// Figures as these verbs tell them.

/** `312 B`, `4.1 kB`. */
export function sizeWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const MAX_LISTED = 12;

/** Files that are not the agent's, a line each; of many the first. */
export function foreignLines(paths: readonly string[]): string {
  const more = paths.length - MAX_LISTED;
  const lines = paths.slice(0, MAX_LISTED).map((path) => `  ${path}\n`);
  return lines.join('') + (more > 0 ? `  and ${more} more\n` : '');
}
