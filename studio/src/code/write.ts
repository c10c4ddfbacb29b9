import { fileOf, type Shown } from "./shown.ts";

/** The next words, as the page asks for them. */
export interface WriteShown {
  readonly prompt: string;
  readonly temperature: number;
}

/** The next words in TypeScript. */
export const typescriptWrite = (shown: Shown, { prompt, temperature }: WriteShown): string =>
  `import { loadLanguageModel } from "cellstate";

// "Save as .keras" on the studio's Model page gives the file.
const writer = await loadLanguageModel(${JSON.stringify(fileOf(shown))});
const all = await writer.predict(${JSON.stringify(prompt)}, { top: Number.MAX_SAFE_INTEGER });
const weights = all.map(({ probability }) => probability ** (1 / ${temperature})); // temperature ${temperature}
const sum = weights.reduce((a, b) => a + b, 0);
for (const [k, { token }] of all.slice(0, 8).entries()) console.log(token, weights[k] / sum);
for await (const word of writer.generate(${JSON.stringify(prompt)}, { words: 10, temperature: ${temperature} })) console.log(word);
`;

/** The next words in Keras: the words lie beside the layers in the file. */
export const kerasWrite = (shown: Shown, { prompt, temperature }: WriteShown): string =>
  `import json
import zipfile

import keras
import numpy as np

# "Save as .keras" on the studio's Model page gives the file, with its words beside the layers.
path = ${JSON.stringify(fileOf(shown))}
with zipfile.ZipFile(path) as file:
    task = json.loads(file.read("assets/cellstate/task.json"))
    index = json.loads(json.loads(file.read("assets/cellstate/tokenizer.json"))["config"]["word_index"])
model = keras.models.load_model(path)
words = ${JSON.stringify(prompt)}.lower().split()
end = task.get("endToken")  # stands before every text
ids = [index[word] for word in [*([end] if end else []), *words] if word in index]
length = model.inputs[0].shape[1] or len(ids)
p = model.predict(keras.utils.pad_sequences([ids], maxlen=length), verbose=0)[0]
p = p[-1] if p.ndim == 2 else p  # after the last word
names = {number: word for word, number in index.items()}
known = [number for number in range(len(p)) if number in names]
weights = p[known] ** (1 / ${temperature})  # temperature ${temperature}
weights /= weights.sum()
for k in np.argsort(-weights)[:8]:
    print(names[known[k]], weights[k])
`;
