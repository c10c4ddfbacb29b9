/** `cellstate/tune`: search for good options of a task. */
export { type Dimension, drawTrial, type SearchSpace, type Settings, usualSpaces } from "../tasks/tune/space.ts";
export {
  runTrial,
  type TrainedTask,
  type Trial,
  type TrialRecord,
  type TrialResult,
  type TunedData,
  type TunedKind,
} from "../tasks/tune/trial.ts";
export { type TrialRunner, type Tuned, type TuneOptions, tune } from "../tasks/tune/tune.ts";
