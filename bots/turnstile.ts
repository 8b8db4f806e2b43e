/** Lets so many tasks run at a time; the others wait in line. */
export type Turnstile = <T>(task: () => Promise<T>) => Promise<T>;

export function turnstile(limit: number): Turnstile {
  const line: (() => void)[] = [];
  let free = limit;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await task();
    } finally {
      // The place goes to the next in line, if there is one.
      const next = line.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
