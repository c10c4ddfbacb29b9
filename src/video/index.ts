/** `cellstate/video`: clips in, classes out. */
export { type MovingDigits, type MovingDigitsOptions, movingDigits } from "../data/moving-digits.ts";
export type { Clip, FrameSize } from "../tasks/video/clips.ts";
export {
  type LabelledClip,
  loadVideoClassifier,
  VideoClassifier,
  type VideoClassifierOptions,
  videoClassifier,
} from "../tasks/video/video-classifier.ts";
