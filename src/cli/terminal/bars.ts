/** Bars of text, as long as their values. */

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const WIDTH = 16;

/** One bar for each value; the greatest has the full width, and none but 0 is empty. */
export function bars(values: readonly number[], width = WIDTH): string[] {
  const greatest = Math.max(...values);
  return values.map((value) => {
    if (value <= 0) return "";
    const eighths = Math.max(1, Math.round((value / greatest) * width * 8));
    return "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
  });
}
