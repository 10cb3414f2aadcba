/**
 * Whether something that happened `at` was less than `ms` ago. If it seems to be in the future, the clock has stepped back, and
 * nobody knows how long ago it was: then it was not.
 */
export function isRecent(at: number, ms: number, now: number): boolean {
  const age = now - at;
  return age >= 0 && age < ms;
}
