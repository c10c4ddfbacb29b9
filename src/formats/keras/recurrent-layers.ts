import { FormatError, problem } from "../../errors.ts";
import {
  bidirectional,
  type RecurrentCell,
  rnn,
  stackedRnnCells,
  timeDistributed,
  weightDropped,
  zoneout,
} from "../../layers/index.ts";
import { recurrentKeys } from "../../layers/keras-form.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import * as forms from "./form-readers.ts";
import { isCustom } from "./object.ts";
import { optionsOf, type ReadContext, type Reader } from "./values.ts";

/** The recurrent layers of Keras that hold a cell or another layer, by class name, from their configs. */
export const recurrentReaders: Readonly<Record<string, Reader>> = {
  RNN: (c, context) => rnn(readCell(c.cell, context), optionsOf(c, recurrentKeys, context)),
  Bidirectional: (c, context) => {
    const back = c.backward_layer ? { backwardLayer: context.readInner(c.backward_layer) } : {};
    const mergeMode = c.merge_mode === undefined ? {} : { mergeMode: c.merge_mode as never };
    return bidirectional(context.readInner(c.layer), { ...context.base, ...mergeMode, ...back });
  },
  TimeDistributed: (c, context) => timeDistributed(context.readInner(c.layer), context.base),
};

/** The cells, by class name. */
export const cellReaders: Readonly<Record<string, (c: JsonObject, context: ReadContext) => RecurrentCell>> = {
  ...forms.cellReaders,
  StackedRNNCells: (c, context) =>
    stackedRnnCells((Array.isArray(c.cells) ? c.cells : []).map((inner) => readCell(inner, context))),
  ZoneoutCell: (c, context) => zoneout(readCell(c.cell, context), c.rates as number[]),
  WeightDroppedCell: (c, context) => weightDropped(readCell(c.cell, context), c.rate as number),
};

function readCell(value: JsonValue | undefined, context: ReadContext): RecurrentCell {
  const object = (value ?? {}) as JsonObject;
  const className = String(object.class_name);
  if (!isCustom(object) && Object.hasOwn(cellReaders, className)) {
    const readNew = () => cellReaders[className]((object.config ?? {}) as JsonObject, context);
    return context.shared ? context.shared.read(object, readNew) : readNew();
  }
  const next = "This version has no such cell and loads nothing.";
  throw new FormatError(problem(context.who, `a cell: ${Object.keys(cellReaders).join(", ")}`, className, next));
}
