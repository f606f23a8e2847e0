// For parts that were made before one that could not be: they end first, since another agent may be made in this process.

/** To be given to `catch`: closes `part`, then fails as before. */
export const closing =
  (part: AsyncDisposable) =>
  async (error: unknown): Promise<never> => {
    await part[Symbol.asyncDispose]();
    throw error;
  };
