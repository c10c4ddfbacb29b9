import { PickledObject, type PickleValue } from "../formats/containers/pickle-values.ts";

/** An array of texts without the record that joblib has around it; any other value as it is. */
export const withoutJoblib = (value: PickleValue | undefined): PickleValue | undefined =>
  value instanceof PickledObject && value.className === "joblib object array" ? value.args[0] : value;
