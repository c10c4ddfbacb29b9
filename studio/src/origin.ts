import type { Origin } from "./figures/figure.ts";
import { about, trace, trainedWith } from "./state.ts";
import { labNames, layerNames } from "./training-settings.ts";

/** The model on screen, as a figure's caption and table say it; `step`: training steps it had taken. */
export function origin(step: number | null = trace.value?.trainedSteps ?? null): Origin {
  const { value: settings } = trainedWith;
  const model = about.value?.name ?? "";
  if (!settings) return { model, training: null };
  const { lab, cell, units, rate, seed } = settings;
  return { model, training: { task: labNames[lab], layer: layerNames[cell], units, rate, seed, step: step ?? 0 } };
}
