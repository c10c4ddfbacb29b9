import type { AnyLayer } from "../../layers/layer.ts";
import type { RecurrentCell } from "../../layers/recurrent/cell.ts";
import { Rnn } from "../../layers/recurrent/rnn.ts";
import { StackedRnnCells } from "../../layers/recurrent/stacked-rnn-cells.ts";
import { Functional } from "../../models/functional.ts";
import { type AnyModel, Model } from "../../models/model.ts";
import { isObject, type JsonObject, type JsonValue } from "../json.ts";

// A layer inside two wrappers or models, and a cell of two layers, stand in a file's config once for each place. Keras knows by
// a number, `shared_object_id`, that they are one. It cannot open what has that number and is called in a functional model and in
// another model besides (it finds the other model's call): there the number is ours, and Keras makes two of it, with the same
// weights.

/** The number written beside an object that is shared. Nothing for any other. */
export type Shared = (object: AnyLayer | RecurrentCell) => JsonObject;

interface Places {
  all: number;
  /** In functional models, and in models of any kind. */
  inGraphs: number;
  inModels: number;
}

/** Numbers what is in several places of a model. */
export function sharedIn(model: AnyModel): Shared {
  const places = new Map<AnyLayer | RecurrentCell, Places>();
  const count = (object: AnyLayer | RecurrentCell, owner?: AnyLayer): boolean => {
    const before = places.get(object) ?? { all: 0, inGraphs: 0, inModels: 0 };
    places.set(object, {
      all: before.all + 1,
      inGraphs: before.inGraphs + (owner instanceof Functional ? 1 : 0),
      inModels: before.inModels + (owner instanceof Model ? 1 : 0),
    });
    return before.all === 0;
  };
  const visitCell = (cell: RecurrentCell) => {
    if (count(cell)) for (const inner of cellsIn(cell)) visitCell(inner);
  };
  const visit = (layer: AnyLayer, owner: AnyLayer) => {
    if (!count(layer, owner)) return;
    if (layer instanceof Rnn) visitCell(layer.cell);
    for (const inner of layer.sublayers) visit(inner, layer);
  };
  for (const layer of model.layers) visit(layer, model);
  const numbers = new Map<AnyLayer | RecurrentCell, JsonObject>();
  for (const [object, { all, inGraphs, inModels }] of places) {
    if (all === 1) continue;
    const key = inGraphs > 0 && inModels > 1 ? ourKey : "shared_object_id";
    numbers.set(object, { [key]: numbers.size + 1 });
  }
  return (object) => numbers.get(object) ?? {};
}

const ourKey = "cellstate_shared";

/** The cells that a cell is made of. */
function cellsIn(cell: RecurrentCell): readonly RecurrentCell[] {
  if (cell instanceof StackedRnnCells) return cell.cells;
  return "cell" in cell ? [cell.cell as RecurrentCell] : [];
}

/** A cell's object with the numbers of what is shared in it. */
export function sharedCell(object: JsonObject, cell: RecurrentCell, shared: Shared): JsonObject {
  const config = object.config as JsonObject;
  const inner = cellsIn(cell);
  const parts: JsonObject = {};
  if (Array.isArray(config.cells))
    parts.cells = config.cells.map((c, k) => sharedCell(c as JsonObject, inner[k], shared));
  if (isObject(config.cell)) parts.cell = sharedCell(config.cell, inner[0], shared);
  return { ...object, config: { ...config, ...parts }, ...shared(cell) };
}

/**
 * Remembers what a file's objects were read as, so that one in several places is read once. Of those Keras writes, all but the
 * first have the number; that one says the same but for it.
 */
export class SharedObjects {
  readonly #byNumber = new Map<string, unknown>();
  readonly #bySaying = new Map<string, unknown>();

  /** Reads an object by `readNew`, or returns what was read before if it is shared. */
  read<T>(object: JsonObject, readNew: () => T): T {
    const { class_name, registered_name = null, config = null } = object;
    const number = object[ourKey] ?? object.shared_object_id;
    const saying = JSON.stringify([class_name, registered_name, withoutNumbers(config)]);
    const key = typeof number === "number" ? `${number} ${String(class_name)}` : null;
    const known = key === null ? undefined : (this.#byNumber.get(key) ?? this.#bySaying.get(saying));
    const made = (known as T | undefined) ?? readNew();
    if (key !== null) this.#byNumber.set(key, made);
    this.#bySaying.set(saying, made);
    return made;
  }
}

/** The same without the numbers of what is shared. */
function withoutNumbers(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNumbers);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "shared_object_id" && key !== ourKey);
  return Object.fromEntries(kept.map(([key, v]) => [key, withoutNumbers(v)]));
}
