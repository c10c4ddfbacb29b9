import { type ClassName, LabelEncoder, OneHotEncoder } from "../data/encoders.ts";
import { type Scaler, type ScalerJson, scalerFromJson } from "../data/scalers.ts";
import { FormatError, problem, showValue } from "../errors.ts";
import { PickledObject, type PickleValue } from "../formats/containers/pickle-values.ts";
import { withoutJoblib } from "./joblib.ts";

/** A scaler of scikit-learn, or a pipeline of them, which is one scaler; null for another class. */
export function scalerFrom(object: PickledObject, who: string): Scaler | null {
  const json = ruleOf(object, who);
  return json && scalerFromJson(json);
}

/** z = (x − center) / scale. */
function ruleOf(object: PickledObject, who: string): ScalerJson | null {
  const { className } = object;
  if (!className.startsWith("sklearn.")) return null;
  const of = (name: string) => numbersIn(object, name, who);
  if (className.endsWith(".MinMaxScaler")) {
    const [scale, min] = [of("scale_"), of("min_")]; // x · scale + min
    const clip = object.field("clip") === true ? { clip: rangeOf(object, who) } : {};
    return { kind: "minMax", center: scale.map((s, k) => -min[k] / s), scale: scale.map((s) => 1 / s), ...clip };
  }
  if (className.endsWith(".StandardScaler")) {
    const scale = object.field("with_std") === false ? null : of("scale_");
    const center = object.field("with_mean") === false ? null : of("mean_");
    const width = (scale ?? center ?? of("mean_")).length;
    return { kind: "standard", center: center ?? Array(width).fill(0), scale: scale ?? Array(width).fill(1) };
  }
  if (className.endsWith(".RobustScaler")) {
    const scale = object.field("with_scaling") === false ? null : of("scale_");
    const center = object.field("with_centering") === false ? null : of("center_");
    const width = (scale ?? center ?? []).length;
    return { kind: "robust", center: center ?? Array(width).fill(0), scale: scale ?? Array(width).fill(1) };
  }
  return className.endsWith(".Pipeline") ? pipeline(object, who) : null;
}

/** The two numbers that clipped values lie between. */
function rangeOf(object: PickledObject, who: string): [number, number] {
  const range = object.field("feature_range");
  const [low, high] = Array.isArray(range) || range instanceof Int32Array ? Array.from(range) : [];
  if (typeof low === "number" && typeof high === "number") return [low, high];
  return fail(who, `feature_range of ${object.className}`, showValue(range));
}

/** One scaler after the other is a scaler: ((x − a) / s − b) / t = (x − (a + b · s)) / (s · t). */
function pipeline(object: PickledObject, who: string): ScalerJson {
  const steps = object.field("steps");
  const rules = (Array.isArray(steps) ? steps : []).map((step) => {
    const scaler = Array.isArray(step) ? step[1] : null;
    if (scaler === "passthrough" || scaler === null) return null;
    const rule = scaler instanceof PickledObject ? ruleOf(scaler, who) : null;
    const found = scaler instanceof PickledObject ? scaler.className : showValue(scaler);
    return rule ?? fail(who, "a pipeline of scalers", `one with ${found}`);
  });
  const [first, ...others] = rules.filter((rule) => rule !== null);
  if (!first) return fail(who, "a pipeline of scalers", "one without any");
  return others.reduce((before, { kind, center, scale, ...clip }) => {
    if (before.clip) throw refused(who, "a pipeline", "clip=True before another scaler");
    const all = before.center.map((a, k) => ({
      center: a + center[k] * before.scale[k],
      scale: before.scale[k] * scale[k],
    }));
    return { kind, center: all.map((rule) => rule.center), scale: all.map((rule) => rule.scale), ...clip };
  }, first);
}

/** An encoder of scikit-learn; null for another class. */
export function encoderFrom(object: PickledObject, who: string): LabelEncoder | OneHotEncoder | null {
  const { className } = object;
  if (!className.startsWith("sklearn.")) return null;
  if (className.endsWith(".LabelEncoder")) return LabelEncoder.of(namesIn(object.field("classes_"), who));
  if (className.endsWith(".LabelBinarizer")) {
    if (object.field("neg_label") !== 0 || object.field("pos_label") !== 1)
      throw refused(who, className, "other labels than 0 and 1");
    const classes = namesIn(object.field("classes_"), who);
    return classes.length === 2 ? LabelEncoder.of(classes) : OneHotEncoder.of([classes]);
  }
  if (!className.endsWith(".OneHotEncoder")) return null;
  for (const [name, value] of [
    ["min_frequency", null],
    ["max_categories", null],
  ] as const)
    if ((object.field(name) ?? null) !== value)
      throw refused(who, className, `${name}=${showValue(object.field(name))}`);
  const categories = object.field("categories_");
  const handleUnknown = object.field("handle_unknown") === "ignore" ? "ignore" : "error";
  return OneHotEncoder.of(
    (Array.isArray(categories) ? categories : []).map((values) => namesIn(values, who)),
    { handleUnknown },
    droppedIn(object.field("drop_idx_"), who),
  );
}

/** The place of the category of each column that is dropped, null where none is. */
function droppedIn(given: PickleValue | undefined, who: string): (number | null)[] {
  const value = withoutJoblib(given);
  if (value === null || value === undefined) return [];
  const data = typeof value === "object" && "data" in value ? value.data : value;
  const list = Array.from(data as unknown as ArrayLike<unknown>, (k) => (typeof k === "bigint" ? Number(k) : k));
  if (list.every((k) => k === null || Number.isInteger(k))) return list as (number | null)[];
  return fail(who, "places of dropped categories", showValue(list[0]));
}

/** Labels in an array of texts or numbers; joblib has those of objects inside a record. */
function namesIn(given: PickleValue | undefined, who: string): ClassName[] {
  const value = withoutJoblib(given);
  const data = value !== null && typeof value === "object" && "data" in value ? value.data : value;
  const list =
    data === undefined || data === null || typeof data !== "object"
      ? []
      : Array.from(data as unknown as ArrayLike<unknown>);
  const names = list.map((item) => (typeof item === "bigint" ? Number(item) : item));
  if (names.length > 0 && names.every((name) => typeof name === "string" || typeof name === "number"))
    return names as ClassName[];
  return fail(who, "labels that are texts or numbers", showValue(list[0]));
}

function numbersIn(object: PickledObject, name: string, who: string): number[] {
  const value = object.field(name);
  const data =
    value !== null && typeof value === "object" && value !== undefined && "data" in value ? value.data : value;
  const list =
    ArrayBuffer.isView(data) || Array.isArray(data) ? Array.from(data as unknown as ArrayLike<number>, Number) : null;
  if (list && list.length > 0 && list.every(Number.isFinite)) return list;
  return fail(who, `numbers as ${name} of ${object.className}`, showValue(value));
}

const refused = (who: string, className: string, option: string) =>
  new FormatError(
    problem(who, `${className} without ${option}`, "one that has it", "This version has no such option."),
  );

const fail = (who: string, expected: string, received: string): never => {
  throw new FormatError(problem(who, expected, received, "In Python: save what it holds as JSON or .npy."));
};
