import { nearest } from "../../errors.ts";
import { HttpProblem } from "./problem.ts";

/** The part of JSON Schema that bodies are described in: what OpenAPI shows is what is checked. */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean";
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Whether other fields are accepted: false refuses them, with the nearest name. Default true. */
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly nullable?: boolean;
  /** One of these fits. */
  readonly anyOf?: readonly Schema[];
}

/** A JSON object, by its fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Throws HttpProblem (400) naming the field that does not fit. */
export function checkBody(value: unknown, schema: Schema): Fields {
  const wrong = mistake(value, schema, "");
  if (wrong) throw new HttpProblem(400, wrong.message, { field: wrong.field });
  return value as Fields;
}

/** Fields of an object that its schema does not name. */
export const unknownFields = (value: Fields, { properties = {} }: Schema): string[] =>
  Object.keys(value).filter((name) => !Object.hasOwn(properties, name));

interface Mistake {
  readonly field: string;
  readonly message: string;
}

function mistake(value: unknown, schema: Schema, field: string): Mistake | null {
  const at = field === "" ? "the body" : `"${field}"`;
  const expected = (what: string) => ({ field, message: `Expected ${what} as ${at}, received ${shown(value)}.` });
  if (value === null && schema.nullable) return null;
  if (schema.anyOf) {
    if (schema.anyOf.some((one) => mistake(value, one, field) === null)) return null;
    return expected(schema.anyOf.map(named).join(" or "));
  }
  if (schema.type !== undefined && !isOf(schema.type, value)) return expected(named(schema));
  if (schema.enum && !schema.enum.includes(value as string)) return expected(`one of ${schema.enum.join(", ")}`);
  if (typeof value === "number") {
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
    if (value < minimum || value > maximum) return expected(named(schema));
  }
  if (Array.isArray(value)) return itemMistake(value, schema, field, expected);
  return schema.type === "object" ? fieldMistake(value as Fields, schema, field) : null;
}

function itemMistake(
  value: readonly unknown[],
  { items, maxItems = Number.POSITIVE_INFINITY, minItems = 0 }: Schema,
  field: string,
  expected: (what: string) => Mistake,
): Mistake | null {
  if (value.length > maxItems) return expected(`at most ${maxItems} entries`);
  if (value.length < minItems) return expected(`at least ${minItems} entries`);
  if (!items) return null;
  for (const [k, item] of value.entries()) {
    const wrong = mistake(item, items, `${field}[${k}]`);
    if (wrong) return wrong;
  }
  return null;
}

function fieldMistake(value: Fields, schema: Schema, field: string): Mistake | null {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const within = (name: string) => (field === "" ? name : `${field}.${name}`);
  for (const name of required)
    if (!Object.hasOwn(value, name))
      return { field: within(name), message: `Expected ${named(properties[name] ?? {})} as "${within(name)}".` };
  for (const [name, item] of Object.entries(value)) {
    if (Object.hasOwn(properties, name)) {
      const wrong = mistake(item, properties[name], within(name));
      if (wrong) return wrong;
    } else if (!additionalProperties) {
      const known = Object.keys(properties);
      const meant = nearest(name, known);
      const near = meant ? ` Did you mean "${meant}"?` : "";
      const message = `Unknown field ${JSON.stringify(name.slice(0, 60))}.${near} Fields: ${known.join(", ")}.`;
      return { field: within(name), message };
    }
  }
  return null;
}

const isOf = (type: NonNullable<Schema["type"]>, value: unknown): boolean => {
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  return type === "string"
    ? typeof value === "string"
    : type === "boolean"
      ? typeof value === "boolean"
      : typeof value === "object" && value !== null && !Array.isArray(value);
};

function named({ type, minimum, maximum, enum: list }: Schema): string {
  if (list) return `one of ${list.join(", ")}`;
  const what = { integer: "a whole number", number: "a number", string: "a text", boolean: "true or false" }[
    type as string
  ];
  const bounds = [minimum === undefined ? "" : ` from ${minimum}`, maximum === undefined ? "" : ` up to ${maximum}`];
  return `${what ?? { array: "a list", object: "an object" }[type as string] ?? "a value"}${bounds.join("")}`;
}

const shown = (value: unknown): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? `a list of ${value.length}`
      : typeof value === "object"
        ? "an object"
        : JSON.stringify(value).slice(0, 60);
