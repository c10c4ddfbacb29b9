export { createEngine, type Engine, type Send } from "./engine.ts";
export * from "./messages.ts";
export { type ServeOptions, serveStudio } from "./serve.ts";
export { readMessage, writeMessage } from "./wire.ts";
