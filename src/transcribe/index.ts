/** `cellstate/transcribe`: frames in, a transcript out. */
export {
  type CtcDecodeOptions,
  type CtcPath,
  ctcDecode,
  type LabelModel,
} from "../tasks/transcribe/ctc-decode.ts";
export { type ErrorRate, errorRate } from "../tasks/transcribe/error-rate.ts";
