import { DataError, problem, suggest } from "../../errors.ts";
import { pythonExponent, pythonFixed, pythonFloat } from "../python-format.ts";

/**
 * A path with numbers put in as Python's `format` does: `{name}`, or `{name:02d}`, `{name:.2f}`, `{name:.1e}`; `{{` is a brace.
 * `whole` says which names are whole numbers. Throws DataError for a name that is not among the values.
 *
 *   fillPath("{epoch:02d}-{val_loss:.2f}.keras", { epoch: 3, val_loss: 0.125 }); // "03-0.12.keras"
 */
export function fillPath(
  template: string,
  values: Readonly<Record<string, number>>,
  whole = ["epoch", "batch"],
): string {
  return template.replace(/\{\{|\}\}|\{([^{}:]*)(?::([^{}]*))?\}|[{}]/g, (part, name?: string, spec = "") => {
    if (part === "{{" || part === "}}") return part[0];
    if (name === undefined) throw wrong(template, `"${part}" without its partner`, 'Write "{{" or "}}" for a brace.');
    if (!Object.hasOwn(values, name)) throw wrong(template, `"{${name}}"`, suggest(name, Object.keys(values)));
    return formatted(template, values[name], spec, whole.includes(name));
  });
}

function formatted(template: string, value: number, spec: string, whole: boolean): string {
  const found = /^(0?)(\d*)(?:\.(\d+))?([dfe]?)$/.exec(spec);
  const [, zero, width, digits, kind] = found ?? [];
  const fits = found && (kind === "d" ? whole && digits === undefined : kind !== "" || digits === undefined);
  if (!fits) throw wrong(template, `":${spec}"`, "Known: 02d for whole numbers, .2f and .2e for others.");
  const places = Number(digits ?? 6);
  const text =
    kind === "f"
      ? pythonFixed(value, places)
      : kind === "e"
        ? pythonExponent(value, places)
        : whole
          ? String(value)
          : pythonFloat(value);
  const size = Number(width || 0);
  if (!zero) return text.padStart(size);
  return text.startsWith("-") ? `-${text.slice(1).padStart(size - 1, "0")}` : text.padStart(size, "0");
}

const wrong = (template: string, found: string, next: string) =>
  new DataError(problem(`path "${template}"`, "names of numbers to put in", found, next));
