import type { AnyLayer } from "../../layers/layer.ts";
import type { InputEncoder, Texts } from "../../layers/preprocessing/input-encoder.ts";
import type { ArrayLike } from "../../tensor/nd-array.ts";
import type { DType, PartialShape } from "../../tensor/shape.ts";
import type { TrainedModel } from "../callbacks/index.ts";
import type { Compiled } from "../compiled.ts";
import type { Parameters } from "../parameters.ts";
import type { StepReport } from "./step-report.ts";

/** One array, or for a model of several inputs (or outputs) a list in their order, or a record by name. Inputs of texts take texts. */
export type Arrays =
  | ArrayLike
  | Texts
  | readonly (ArrayLike | Texts)[]
  | { readonly [name: string]: ArrayLike | Texts };

/** Numbers that the model computes with, made of an input or the input itself. */
export interface ComputedInput {
  /** The layer that makes them of what the input is given; null: they are given. */
  readonly encoder: InputEncoder | null;
  /** With the batch, usually null. */
  readonly shape: PartialShape;
  /** i32 where ids are read. */
  readonly dtype: DType;
  /** The layer that reads them, if one is known. */
  readonly reader: AnyLayer | undefined;
}

/** An input of a model: name, shape, dtype. */
export interface InputPlace {
  /** By which an array for it may be given. */
  readonly name: string;
  /** With the batch, usually null. */
  readonly shape: PartialShape;
  /** i32 where ids are read. */
  readonly dtype: DType;
  /** The layer whose ids come in here, if one is known. */
  readonly reader: AnyLayer | undefined;
  /** Whether it is given texts. */
  readonly texts?: boolean;
  /** Arrays made of it before the model runs, for each layer that does so; absent: it is read as it is. */
  readonly computed?: readonly ComputedInput[];
}

/** An output of a model: name and shape. */
export interface OutputPlace {
  /** By which its targets, loss and metrics may be given. */
  readonly name: string;
  /** With the batch, usually null. */
  readonly shape: PartialShape;
}

/** A model as `train` sees it; `Model` is one. Nothing else describes a model here. */
export interface TrainableModel extends TrainedModel {
  readonly seed: number;
  readonly built: boolean;
  readonly compiled: Compiled | null;
  /** The reason a loaded model is not compiled although its file has compile options. */
  readonly notCompiled: string | null;
  /** Null until shapes are known. */
  readonly inputs: readonly InputPlace[] | null;
  readonly outputs: readonly OutputPlace[] | null;
  readonly outputNames: readonly string[];
  /** The outputs' names in logs; two may be the same. */
  readonly logNames: readonly string[];
  /** The number of rows every batch must have; null where any will do. */
  readonly fixedBatch: number | null;
  /** Whether a row's output depends on the other rows of its batch. */
  readonly mixesRows: boolean;
  /** Whether rows belong together, so that no batch may have a part of them. */
  readonly rowsTogether: boolean;
  readonly weightStore: Parameters;
  /** A report on the last training step's program; set by `fit`. */
  step: StepReport | null;
  build(input: PartialShape): void;
}
