// Which lines a fault is about.

/** A `command` is matched as a prefix of the line behind AT, in any case: `+CREG?`, `#DWCFG=`; empty: every line. */
export const isAbout = (line: string, command: string): boolean =>
  line.slice(2).trimStart().toUpperCase().startsWith(command.toUpperCase());
