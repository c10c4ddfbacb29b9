import { minMaxScaler, robustScaler, type Scaler, standardScaler } from "../../data/scalers.ts";

/** The name of a way to scale. */
export type ScalerName = "standard" | "minMax" | "robust";

/** A scaler that has learned nothing yet, by name. */
export const scalers: Readonly<Record<ScalerName, () => Scaler>> = {
  standard: standardScaler,
  minMax: () => minMaxScaler(),
  robust: robustScaler,
};
