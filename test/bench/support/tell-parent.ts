/** Sends a message to the parent, and resolves when it is on its way: a process that disconnects at once would lose it. */
export const tellParent = (message: object): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
