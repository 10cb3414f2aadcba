/** The clock of the machine, as SQLite reads it: also while the runtime holds back `Date.now()`. In milliseconds. */
export function readMachineTime(sql: SqlStorage): number {
  return sql.exec<{ now: number }>("SELECT unixepoch('subsec') * 1000 AS now").one().now;
}
