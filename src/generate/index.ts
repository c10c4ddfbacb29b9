export { type Beam, type BeamOptions, beamSearch } from "./beam.ts";
export { type Carried, carried } from "./carried.ts";
export { type EncoderDecoder, type EncoderDecoderOptions, encoderDecoder } from "./encoder-decoder.ts";
export { type GenerateOptions, generate } from "./generate.ts";
export { type Decoded, type GreedyDecodeOptions, greedyDecode } from "./greedy-decode.ts";
export type { SamplingOptions } from "./sampling.ts";
export { type RereadingOptions, rereadingSession, type Session, statefulSession } from "./session.ts";
