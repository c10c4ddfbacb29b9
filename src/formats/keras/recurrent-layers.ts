import { FormatError, problem } from "../../errors.ts";
import {
  bidirectional,
  gru,
  gruCell,
  layerNormLstmCell,
  lockedDropout,
  lstm,
  lstmCell,
  minGruCell,
  minLstmCell,
  peepholeLstmCell,
  projectedLstmCell,
  type RecurrentCell,
  rnn,
  simpleRnn,
  simpleRnnCell,
  stackedRnnCells,
  timeDistributed,
  weightDropped,
  zoneout,
} from "../../layers/index.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { isCustom } from "./object.ts";
import { optionsOf, type Place, penaltyKeys, type Reader } from "./values.ts";

const flags = ["return_sequences", "return_state", "go_backwards", "stateful", "unroll", "zero_output_for_mask"];
const cellPenalties = penaltyKeys("kernel", "recurrent", "bias").filter((key) => key !== "activity_regularizer");
const cell = [
  ...["activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer"],
  ...["dropout", "recurrent_dropout", "seed", ...cellPenalties],
];
const gated = [...cell, "recurrent_activation"];
const lstmKeys = [...gated, "unit_forget_bias"];
const minKeys = ["use_bias", "kernel_initializer", "bias_initializer"];

/** The recurrent layers of Keras by class name, from their configs. */
export const recurrentReaders: Readonly<Record<string, Reader>> = {
  LSTM: (c, place) => lstm(c.units as number, options(c, lstmKeys, place)),
  GRU: (c, place) => gru(c.units as number, options(withReset(c, place), [...gated, "reset_after"], place)),
  SimpleRNN: (c, place) => simpleRnn(c.units as number, options(c, cell, place)),
  RNN: (c, place) => rnn(readCell(c.cell, place), optionsOf(c, [...flags, "activity_regularizer"], place)),
  Bidirectional: (c, place) => {
    const back = c.backward_layer ? { backwardLayer: place.readInner(c.backward_layer) } : {};
    const mergeMode = c.merge_mode === undefined ? {} : { mergeMode: c.merge_mode as never };
    return bidirectional(place.readInner(c.layer), { ...place.base, ...mergeMode, ...back });
  },
  LockedDropout: (c, place) => lockedDropout(c.rate as number, place.base),
  TimeDistributed: (c, place) => timeDistributed(place.readInner(c.layer), place.base),
};

const options = (c: JsonObject, keys: readonly string[], place: Place) =>
  optionsOf(c, [...keys, ...flags, "activity_regularizer"], place);

/** Keras 1 and 2's first GRU had its reset gate before the product, and no word for it. */
const withReset = (c: JsonObject, { major }: Place): JsonObject =>
  major < 3 && c.reset_after === undefined ? { ...c, reset_after: false } : c;

const cellReaders: Readonly<Record<string, (c: JsonObject, place: Place) => RecurrentCell>> = {
  LSTMCell: (c, place) => lstmCell(c.units as number, cellOptions(c, lstmKeys, place)),
  GRUCell: (c, place) => gruCell(c.units as number, cellOptions(withReset(c, place), [...gated, "reset_after"], place)),
  SimpleRNNCell: (c, place) => simpleRnnCell(c.units as number, cellOptions(c, cell, place)),
  StackedRNNCells: (c, place) =>
    stackedRnnCells((Array.isArray(c.cells) ? c.cells : []).map((inner) => readCell(inner, place))),
  // Ours; Keras has none of them.
  PeepholeLSTMCell: (c, place) => peepholeLstmCell(c.units as number, cellOptions(c, lstmKeys, place)),
  LayerNormLSTMCell: (c, place) => layerNormLstmCell(c.units as number, cellOptions(c, lstmKeys, place)),
  ProjectedLSTMCell: (c, place) =>
    projectedLstmCell(c.units as number, { ...cellOptions(c, lstmKeys, place), projSize: c.proj_size as number }),
  MinGRUCell: (c, place) => minGruCell(c.units as number, cellOptions(c, minKeys, place)),
  MinLSTMCell: (c, place) => minLstmCell(c.units as number, cellOptions(c, minKeys, place)),
  ZoneoutCell: (c, place) => zoneout(readCell(c.cell, place), c.rates as number[]),
  WeightDroppedCell: (c, place) => weightDropped(readCell(c.cell, place), c.rate as number),
};

function cellOptions(c: JsonObject, keys: readonly string[], place: Place): Record<string, never> {
  const { name, trainable, ...own } = optionsOf(c, keys, place);
  return own as Record<string, never>;
}

function readCell(value: JsonValue | undefined, place: Place): RecurrentCell {
  const object = (value ?? {}) as JsonObject;
  const className = String(object.class_name);
  if (!isCustom(object) && Object.hasOwn(cellReaders, className)) {
    const readAnew = () => cellReaders[className]((object.config ?? {}) as JsonObject, place);
    return place.shared ? place.shared.read(object, readAnew) : readAnew();
  }
  const next = "This version has no such cell and loads nothing.";
  throw new FormatError(problem(place.who, `a cell: ${Object.keys(cellReaders).join(", ")}`, className, next));
}
