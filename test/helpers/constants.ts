/** Constants of src that a test or a bench replaces in the bundle, because their real values would take too long or too much memory. */
export const REPLACED = [
  "COMPARE_EVERY_MS",
  "COUNTED_KEYS",
  "DESKS_BYTES",
  "LOOK_EVERY_MS",
  "MEMORY_SIZE",
  "REMEMBERED_SECRETS",
  "REPORT_AFTER_MS",
  "SEEN",
  "SHARED_MS",
] as const;

export type Constants = Readonly<Partial<Record<(typeof REPLACED)[number], number>>>;
