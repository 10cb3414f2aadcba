/** The columns of a data point, and the fields of the log line that they have. docs/metrics.md promises them. */
export const COLUMNS = {
  index1: "organization_id",
  blob1: "environment",
  blob2: "route",
  blob3: "decision",
  blob4: "reason",
  blob5: "origin",
  blob6: "key_id",
  blob7: "lease",
  double1: "status",
  double2: "origin_status",
  double3: "gateway_ms",
  double4: "origin_ms",
  double5: "request_bytes",
  double6: "response_bytes",
} as const;
