import { resample } from "../../data/resample.ts";
import { NdArray } from "../../tensor/nd-array.ts";
import type { Random } from "../../tensor/random.ts";
import { isRecording, type ReadInput } from "./examples.ts";
import type { TranscriberAugment } from "./options.ts";

/** A recording played faster or slower, by up to `speed`; others as they are. */
export function atAnotherSpeed(input: ReadInput, { speed }: Required<TranscriberAugment>, random: Random): ReadInput {
  if (speed === 0 || !isRecording(input)) return input;
  const factor = 1 + speed * (2 * random.uniform() - 1);
  return { samples: resample(input, input.sampleRate / factor).samples, sampleRate: input.sampleRate };
}

/**
 * Frames whose features are stretched or squeezed along their axis by up to `warp`, the first staying where it is: of a mel spectrogram
 * another length of the vocal tract (Jaitly & Hinton 2013). Beyond the last feature it is repeated.
 */
export function warped(frames: NdArray, { warp }: Required<TranscriberAugment>, random: Random): NdArray {
  if (warp === 0) return frames;
  const factor = 1 + warp * (2 * random.uniform() - 1);
  const [T, F] = frames.shape;
  const data = new Float32Array(T * F);
  for (let f = 0; f < F; f++) {
    const place = Math.min(F - 1, f * factor);
    const left = Math.min(F - 1, Math.floor(place));
    const right = Math.min(F - 1, left + 1);
    const part = place - left;
    for (let at = 0; at < T * F; at += F)
      data[at + f] = (1 - part) * frames.data[at + left] + part * frames.data[at + right];
  }
  return new NdArray(data, [T, F]);
}

/** Frames with bands of features and stretches of frames set to 0, their mean (SpecAugment, Park et al. 2019). */
export function hidden(frames: NdArray, { bands, stretches }: Required<TranscriberAugment>, random: Random): NdArray {
  if (bands === 0 && stretches === 0) return frames;
  const [T, F] = frames.shape;
  const data = Float32Array.from(frames.data);
  for (let n = 0; n < bands; n++) {
    const [from, to] = span(F, F / 4, random);
    for (let t = 0; t < T; t++) data.fill(0, t * F + from, t * F + to);
  }
  for (let n = 0; n < stretches; n++) {
    const [from, to] = span(T, T / 10, random);
    data.fill(0, from * F, to * F);
  }
  return new NdArray(data, [T, F]);
}

/** A part of `all` places, up to `most` wide. */
function span(all: number, most: number, random: Random): [number, number] {
  const width = Math.floor(random.uniform() * (most + 1));
  const from = Math.floor(random.uniform() * (all - width + 1));
  return [from, from + width];
}
