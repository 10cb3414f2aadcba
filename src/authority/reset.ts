/**
 * An authority that restarts, as each does some time after a deploy, breaks off the calls that it has begun. They can be made again:
 * a report counts once, and tokens that were granted and never arrived are held like others.
 * https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */
export async function againIfReset<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!wasReset(error)) throw error;
    return call();
  }
}

/** Not of one that has too much to do: asking again would make it worse. */
function wasReset(error: unknown): boolean {
  const { durableObjectReset, overloaded } = error as { durableObjectReset?: boolean; overloaded?: boolean };
  return durableObjectReset === true && overloaded !== true;
}
