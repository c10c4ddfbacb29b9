export type { CellPlace } from "./recurrent-layers.ts";
export { type LayerTrace, type Trace, type TraceOptions, trace } from "./trace.ts";
