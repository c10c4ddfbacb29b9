import { type Scaler, type ScalerJson, scalerFromJson } from "../../data/scalers.ts";
import { isRecord, readField, type TaskData } from "./task-file.ts";

/** A scaler in a task's file. Throws FormatError for one that is damaged. */
export const readScaler = (data: TaskData, name: string): Scaler =>
  scalerFromJson(readField(data, name, "a scaler", isScalerJson));

const isScalerJson = (value: unknown): value is ScalerJson => isRecord(value); // scalerFromJson checks the rest
