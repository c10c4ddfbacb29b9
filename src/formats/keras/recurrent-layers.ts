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
import { optionsOf, type Place, type Reader } from "./values.ts";

/** The recurrent layers of Keras that hold a cell or another layer, by class name, from their configs. */
export const recurrentReaders: Readonly<Record<string, Reader>> = {
  RNN: (c, place) => rnn(readCell(c.cell, place), optionsOf(c, recurrentKeys, place)),
  Bidirectional: (c, place) => {
    const back = c.backward_layer ? { backwardLayer: place.readInner(c.backward_layer) } : {};
    const mergeMode = c.merge_mode === undefined ? {} : { mergeMode: c.merge_mode as never };
    return bidirectional(place.readInner(c.layer), { ...place.base, ...mergeMode, ...back });
  },
  TimeDistributed: (c, place) => timeDistributed(place.readInner(c.layer), place.base),
};

/** The cells, by class name. */
export const cellReaders: Readonly<Record<string, (c: JsonObject, place: Place) => RecurrentCell>> = {
  ...forms.cellReaders,
  StackedRNNCells: (c, place) =>
    stackedRnnCells((Array.isArray(c.cells) ? c.cells : []).map((inner) => readCell(inner, place))),
  ZoneoutCell: (c, place) => zoneout(readCell(c.cell, place), c.rates as number[]),
  WeightDroppedCell: (c, place) => weightDropped(readCell(c.cell, place), c.rate as number),
};

function readCell(value: JsonValue | undefined, place: Place): RecurrentCell {
  const object = (value ?? {}) as JsonObject;
  const className = String(object.class_name);
  if (!isCustom(object) && Object.hasOwn(cellReaders, className)) {
    const readNew = () => cellReaders[className]((object.config ?? {}) as JsonObject, place);
    return place.shared ? place.shared.read(object, readNew) : readNew();
  }
  const next = "This version has no such cell and loads nothing.";
  throw new FormatError(problem(place.who, `a cell: ${Object.keys(cellReaders).join(", ")}`, className, next));
}
