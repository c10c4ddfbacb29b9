import type { MelOptions } from "../../data/audio-mel.ts";
import type { Recording } from "../../data/audio-wav.ts";
import { DataError, problem } from "../../errors.ts";
import type { NdArray } from "../../tensor/nd-array.ts";
import { isNumber, isRecord, readField, type TaskData } from "../shared/task-file.ts";

/** The complete audio options of a task, so that its file means the same to a version with other defaults. */
export type AudioInput = Required<MelOptions>;

/** Audio options from the first of some recordings, used for all; null where the first is not a recording. */
export async function audioInput(given: unknown, options: Partial<MelOptions>): Promise<AudioInput | null> {
  const first: unknown = Array.isArray(given) ? given[0] : null;
  if (!isRecording(first)) return null;
  const { melOptions } = await import("../../data/audio-mel.ts"); // when it is used: it brings a Fourier transform
  return melOptions({ sampleRate: first.sampleRate, ...options });
}

/** Sequences as they were given, and each recording among them as frames [T, mels]. Throws DataError for one of another rate. */
export async function framesOf(given: unknown, audio: AudioInput | null, who: string): Promise<unknown> {
  if (!Array.isArray(given) || !given.some(isRecording)) return given;
  const { melSpectrogram } = await import("../../data/audio-mel.ts");
  return given.map((one: unknown, row): unknown => (isRecording(one) ? frames(one, `${who}: sequence ${row}`) : one));

  function frames({ samples, sampleRate }: Recording, place: string): NdArray {
    if (audio === null) {
      const next = "Only a task trained on recordings takes them; melSpectrogram converts them to numbers.";
      throw new DataError(problem(place, "a list of steps", "a recording", next));
    }
    if (sampleRate === audio.sampleRate) return melSpectrogram(samples, audio);
    const next = `Change it: ffmpeg -i FILE -ar ${audio.sampleRate} out.wav`;
    throw new DataError(problem(place, `${audio.sampleRate} samples per second`, `${sampleRate}`, next));
  }
}

/** Reads the audio options in a task's file; null for one that reads numbers. Throws FormatError. */
export function readAudioInput(data: TaskData): AudioInput | null {
  if (data.audio === undefined || data.audio === null) return null;
  const found = { ...readField(data, "audio", "how recordings become frames", isRecord), task: `${data.task}: audio` };
  const number = (name: keyof AudioInput) => readField(found, name, "a number", isNumber);
  const isNormalize = (v: unknown): v is AudioInput["normalize"] => v === "recording" || v === "none";
  return {
    sampleRate: number("sampleRate"),
    frameMs: number("frameMs"),
    hopMs: number("hopMs"),
    mels: number("mels"),
    lowest: number("lowest"),
    highest: number("highest"),
    range: number("range"),
    normalize: readField(found, "normalize", '"recording" or "none"', isNormalize),
  };
}

function isRecording(value: unknown): value is Recording {
  return isRecord(value) && ArrayBuffer.isView(value.samples) && "sampleRate" in value;
}
