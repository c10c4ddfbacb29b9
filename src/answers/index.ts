/** The answers of tasks as JSON, the same on the command line and over HTTP. */
export * from "./detection.ts";
export * from "./explained.ts";
export * from "./forecast.ts";
export * from "./kind-names.ts";
export * from "./sample.ts";
