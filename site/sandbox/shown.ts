/** Values as `console.log` of Node shows them, near enough for a lab. */
const width = 72; // characters of a line before a list is broken
const most = 100; // entries of a list

export const shown = (value: unknown): string => (typeof value === "string" ? value : inspected(value, 0, new Set()));

function inspected(value: unknown, depth: number, above: Set<unknown>): string {
  if (typeof value === "string")
    return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[Function: ${value.name || "(anonymous)"}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Error)
    return value.stack?.includes(value.message) ? `${value.name}: ${value.message}` : String(value);
  if (value instanceof Date) return value.toISOString();
  if (above.has(value)) return "[Circular]";
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value) ?? {}, "toString");
  if (
    own &&
    !Array.isArray(value) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof RegExp) &&
    value.constructor !== Object
  )
    return String(value);
  if (value instanceof RegExp) return String(value);
  if (depth > 3) return Array.isArray(value) ? "[Array]" : "[Object]";
  const inner = new Set(above).add(value);
  const show = (item: unknown) => inspected(item, depth + 1, inner);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = Array.from(value as unknown as ArrayLike<number>);
    return `${value.constructor.name}(${items.length}) ${listed(items.slice(0, most).map(show), items.length, "[", "]")}`;
  }
  if (Array.isArray(value)) return listed(value.slice(0, most).map(show), value.length, "[", "]");
  if (value instanceof Map)
    return `Map(${value.size}) ${listed(
      [...value].slice(0, most).map(([k, v]) => `${show(k)} => ${show(v)}`),
      value.size,
      "{",
      "}",
    )}`;
  if (value instanceof Set)
    return `Set(${value.size}) ${listed([...value].slice(0, most).map(show), value.size, "{", "}")}`;
  const entries = Object.entries(value);
  const name = value.constructor && value.constructor !== Object ? `${value.constructor.name} ` : "";
  const parts = entries
    .slice(0, most)
    .map(([key, item]) => `${/^[\w$]+$/.test(key) ? key : `'${key}'`}: ${show(item)}`);
  return name + listed(parts, entries.length, "{", "}");
}

function listed(parts: readonly string[], size: number, open: string, close: string): string {
  const all = size > parts.length ? [...parts, `... ${size - parts.length} more items`] : parts;
  if (all.length === 0) return open + close;
  const flat = `${open} ${all.join(", ")} ${close}`;
  if (flat.length <= width && !flat.includes("\n")) return flat;
  const short = parts.every((part) => part.length <= 12 && !part.includes("\n")) ? rows(all) : all;
  return `${open}\n${short.map((part) => `  ${part.replaceAll("\n", "\n  ")}`).join(",\n")}\n${close}`;
}

/** Short entries, several a line. */
function rows(parts: readonly string[]): string[] {
  const made: string[] = [];
  for (const part of parts) {
    const last = made.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= width) made[made.length - 1] = `${last}, ${part}`;
    else made.push(part);
  }
  return made;
}
