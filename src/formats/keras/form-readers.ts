import * as layers from "../../layers/index.ts";
import { formOf, type KerasForm } from "../../layers/keras-form.ts";
import type { JsonObject } from "../json.ts";
import { optionsOf, type ReadContext, type Reader, readOption, refuse, single, stepsFirst } from "./values.ts";

type Factory = (...given: unknown[]) => never;

/** Readers of all layers and cells that say how Keras writes them, by class name. */
function readersOf(cells: boolean): Readonly<Record<string, (c: JsonObject, context: ReadContext) => never>> {
  const found = Object.values(layers).flatMap((factory) => {
    const form = formOf(factory);
    if (!form || (form.cell === true) !== cells) return [];
    return [[form.className, readerOf(form, factory as Factory)] as const];
  });
  return Object.fromEntries(found);
}
export const layerReaders: Readonly<Record<string, Reader>> = readersOf(false);
export const cellReaders = readersOf(true);

function readerOf(form: KerasForm, make: Factory): (c: JsonObject, context: ReadContext) => never {
  const { args = [], options = [], call = [], refused = [] } = form;
  return (given, context) => {
    const c = plainer(form, given, context);
    refuse(c, refused, context);
    if (form.featuresLast) stepsFirst(c, context);
    const own = { ...optionsOf(c, options, context), ...optionsOf(context.call, call, context) };
    const { name: _name, trainable: _trainable, ...ofCell } = own; // a cell has neither
    return make(...args.map((key) => readOption(key, c[key], context)), form.cell ? ofCell : own);
  };
}

/** The config with lists of one as their entry, today's names, and what older versions leave unsaid. */
function plainer(
  { single: ones = [], alias = {}, before3 = {} }: KerasForm,
  c: JsonObject,
  { major }: ReadContext,
): JsonObject {
  const out: Record<string, JsonObject[string]> = { ...c };
  for (const [key, other] of Object.entries(alias)) out[key] ??= c[other];
  if (major < 3) for (const [key, value] of Object.entries(before3)) out[key] ??= value;
  for (const key of ones) out[key] = single(c[key]) as JsonObject[string];
  return out as JsonObject;
}
