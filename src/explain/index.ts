/** `cellstate/explain`: what a recurrent model does at each step, gate by gate. */
export { type AttentionTrace, attentionWeights } from "./attention-weights.ts";
export { type AttributeOptions, type Attribution, attribute } from "./attribute.ts";
export { type Factors, type FactorsOptions, factors } from "./factors.ts";
export { type GradientFlowOptions, gradientFlow, type LayerFlow } from "./gradient-flow.ts";
export { type Clamp, type Intervened, type Intervention, intervene, type Replacement } from "./intervene.ts";
export type { LayerTrace } from "./layer-trace.ts";
export { type Ledger, type LedgerOptions, ledger } from "./ledger.ts";
export { linearProbe, type Probe, type ProbeOptions } from "./linear-probe.ts";
export { type NearestOptions, type NearState, nearestStates } from "./nearest-states.ts";
export type { CellPlace } from "./recurrent-layers.ts";
export type { ScoreOptions } from "./score.ts";
export { type Trace, type TraceOptions, trace } from "./trace.ts";
export { type FeatureReport, type Saturation, type UnitReport, type Units, type UnitsOptions, units } from "./units.ts";
export { type WorkedStepOptions, workedStep } from "./worked-step.ts";
export type { WorkedGate, WorkedStep, WorkedTerm } from "./worked-types.ts";
