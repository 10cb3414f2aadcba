/** What was thrown, for the log. The functions of a configuration can throw anything, even what is not an error and has no text. */
export function describeThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.stack}` : String(thrown);
  } catch {
    return "a value that has no text was thrown";
  }
}
