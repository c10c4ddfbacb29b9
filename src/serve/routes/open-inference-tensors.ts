import { NdArray } from "../../index.ts";
import { HttpProblem } from "../http/problem.ts";
import type { Fields } from "../http/schema.ts";

/** Datatypes of the protocol, and whether their numbers are whole. FP16 comes as numbers in JSON. */
const datatypes: Readonly<Record<string, "whole" | "float" | "bool" | "text">> = {
  ...{ BOOL: "bool", BYTES: "text", FP16: "float", FP32: "float", FP64: "float" },
  ...{ INT8: "whole", INT16: "whole", INT32: "whole", INT64: "whole" },
  ...{ UINT8: "whole", UINT16: "whole", UINT32: "whole", UINT64: "whole" },
};

/** An input tensor as an array, or as texts. Throws HttpProblem naming the tensor. */
export function tensorOf(given: Fields, maxRows: number): { name: string; value: NdArray | string[] } {
  const { name, shape, datatype, data } = given as { name: string; shape: number[]; datatype: string; data: unknown[] };
  const at = `inputs "${name.slice(0, 60)}"`;
  if (!Object.hasOwn(datatypes, datatype))
    throw new HttpProblem(400, `${at}: expected one of ${Object.keys(datatypes).join(", ")}.`);
  const kind = datatypes[datatype];
  const flat = data.flat(shape.length) as unknown[];
  const size = shape.reduce((a, b) => a * b, 1);
  if (flat.length !== size)
    throw new HttpProblem(
      400,
      `${at}: expected ${size} values for shape [${shape.join(", ")}], received ${flat.length}.`,
    );
  if ((shape[0] ?? 0) > maxRows) throw new HttpProblem(413, `${at}: expected at most ${maxRows} rows.`);
  const wanted = kind === "text" ? "string" : kind === "bool" ? "boolean" : "number";
  const wrong = flat.findIndex((v) => typeof v !== wanted || (kind === "whole" && !Number.isInteger(v)));
  if (wrong >= 0) throw new HttpProblem(400, `${at}: expected ${datatype}, received another value at ${wrong}.`);
  if (kind === "text") return { name, value: flat as string[] };
  return { name, value: new NdArray(Float64Array.from(flat as number[], Number), shape) };
}

/** The outputs that were asked for, in that order; all where none were. */
export function requestedOutputs<T extends { name: string }>(
  all: readonly T[],
  asked: readonly Fields[] | undefined,
): T[] {
  if (!asked || asked.length === 0) return [...all];
  return asked.map(({ name }) => {
    const found = all.find((output) => output.name === name);
    if (found) return found;
    throw new HttpProblem(
      400,
      `There is no output "${String(name).slice(0, 60)}": ${all.map((o) => o.name).join(", ")}.`,
    );
  });
}

export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};
