/** The answers of tasks as JSON, the same on the command line and over HTTP. */
export * from "./detection.ts";
export * from "./explained.ts";
export * from "./forecast.ts";
export * from "./frame-samples.ts";
export * from "./kind-names.ts";
export {
  detectedSample,
  type ExplainedTask,
  explained,
  memberSample,
  type Sample,
  sentenceSample,
  sequenceSample,
  seriesSample,
  textSample,
} from "./sample.ts";
