/**
 * Whether something that happened `at` was less than `ms` ago. If it seems to be in the future, the clock has stepped back, and its age is unknown: then the answer is no.
 */
export function isRecent(at: number, ms: number, now: number): boolean {
  const age = now - at;
  return age >= 0 && age < ms;
}
