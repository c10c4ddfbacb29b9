import { FormatError, problem } from "../../errors.ts";
import type { AnyModel } from "../../models/model.ts";
import type { BackendName } from "../../train/compiled.ts";
import { isObject, parseJsonObject } from "../json.ts";
import { checkParts } from "./archive.ts";
import { compileFrom } from "./compile.ts";
import { modernConfig } from "./legacy-config.ts";
import { readModel } from "./read-model.ts";

const mostParameters = 2 ** 24;

/** The model that the JSON of an architecture describes, its weights drawn. */
export function architectureModel(
  text: string,
  who: string,
  options: { seed?: number; backend?: BackendName; maxParameters?: number },
): AnyModel {
  const json = parseJsonObject(text, who);
  if ("modelTopology" in json) {
    const next = 'It has its weights beside it: loadModel("model.json").';
    throw new FormatError(problem(who, "an architecture as Keras writes it", "that of TensorFlow.js", next));
  }
  checkParts(json, text.length, who);
  const { seed, backend, maxParameters } = options;
  const ours = isObject(json.cellstate) ? json.cellstate : {};
  const described = seed === undefined ? json : { ...json, cellstate: { ...ours, seed } };
  // Keras 3 says in an architecture no version; Keras 1 and 2 do.
  const major = Number.parseInt(String(json.keras_version ?? (isKeras3(json) ? "3" : "1")), 10) || 3;
  const model = readModel(major < 3 ? modernConfig(described, []) : described, who, {
    major,
    numbers: maxParameters ?? mostParameters,
    draws: { anyWork: maxParameters !== undefined },
  });
  compileFrom(model, json.compile_config, { backend });
  return model;
}

const isKeras3 = (json: object): boolean => "module" in json;
