/** Models behind HTTP, and predictions of many callers in one batch: `cellstate/serve`. */
export type { Asking, BatchReport } from "./batching/batch-queue.ts";
export { type Batched, type BatchingOptions, batched } from "./batching/batched.ts";
export type { Answer, Asked, BodyReader } from "./http/exchange.ts";
export { type InferenceServer, inferenceServer, type RequestInfo } from "./inference-server.ts";
export { hostNames, type Listening, type ListenOptions, listen, nodeHandler } from "./listen.ts";
export type { InferenceServerOptions, ServerLog } from "./options.ts";
export type { Servable } from "./served/served-model.ts";
