import { pythonFixed } from "../train/python-format.ts";

/** Four bytes a parameter in the largest unit that keeps it at 1 or more: `3.70 KB`. */
export function memorySize(params: number, units: readonly string[] = ["B", "KB", "MB", "GB", "TB", "PB"]): string {
  let size = params * 4; // bytes
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${pythonFixed(size, 2)} ${units[unit]}`;
}
