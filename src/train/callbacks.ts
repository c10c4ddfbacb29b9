export type { Callback, Logs, TrainedModel, TrainingState } from "./callbacks/callback.ts";
