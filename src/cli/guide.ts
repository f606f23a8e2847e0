// Where the documents are for whoever reads a path in the output: the package puts them beside all others of the machine.

const PACKAGED = { program: '/usr/lib/waymark/', documents: '/usr/share/doc/waymark/' };

/** The path of a document such as `operate/doctor.md`; `programDir` is the folder the program runs from. */
export function guidePath(name: string, programDir = typeof __dirname === 'undefined' ? '' : __dirname): string {
  return `${programDir.startsWith(PACKAGED.program) ? PACKAGED.documents : 'docs/'}${name}`;
}
