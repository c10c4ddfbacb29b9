// The numbers every contestant gets: rows, targets and weights, the same every time.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Folder of the data sets beside the checkout; null where there is none. */
export function sharedData(name) {
  const folder = [process.env.CELLSTATE_SHARED, "../shared"].find((f) => f && existsSync(join(f, "data", name)));
  return folder ? join(folder, "data", name) : null;
}

/** x (Int32Array or Float32Array) and y of `rowCount` rows, and how many of the ids are not padding. */
export async function dataOf(w, library) {
  const made = await makers[w.rows](w, library);
  const tokens = made.x.reduce((n, id) => n + (id !== 0), 0);
  return { ...made, tokens };
}

const makers = {
  full: (w) => synthetic(w, () => 0),
  // 56 % of the steps are padding
  "like IMDb": (w) => synthetic(w, (b) => [340, 370, 300, 250, 390, 0, 310, 355][b % 8]),
  IMDb: async (w, library) => {
    const path = sharedData("imdb");
    if (!path) return { ...makers["like IMDb"](w), note: "no IMDb here: synthetic lengths" };
    const { train } = await library.datasets.imdb({ numWords: w.vocabulary, path });
    const n = w.batch * w.steps;
    const x = library.padSequences(train.x.slice(0, n), { maxLen: w.time }).data;
    return { x, y: Float32Array.from(train.y.slice(0, n)), rowCount: n };
  },
  FAQ: (w, library) => {
    const path = sharedData("course-faq");
    if (!path) {
      const rows = synthetic({ ...w, batch: 860, steps: 1 }, (b) => 54 - (b % 20));
      return { ...rows, note: "no FAQ text here: 860 synthetic rows" };
    }
    const tokenizer = new library.Tokenizer();
    const lines = readFileSync(join(path, "faq.txt"), "utf8").trim().split("\n");
    tokenizer.fitOnTexts(lines);
    const { x, y } = library.nextWordRows(tokenizer.textsToSequences(lines), { maxLen: w.time + 1 });
    return { x: x.data, y: y.data, rowCount: x.shape[0] };
  },
  toy: () => ({
    x: Float32Array.of(1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 1),
    y: Float32Array.of(1, 1, 0, 0, 1),
    rowCount: 5,
  }),
  words: () => ({ x: Int32Array.of(1), y: Int32Array.of(1), rowCount: 1 }),
};

function synthetic(w, padding) {
  const n = w.batch * (w.steps ?? 1);
  const x = ids(n, w.time, w.vocabulary, padding);
  if (w.out === 1) return { x, y: Float32Array.from({ length: n }, (_, i) => i % 2), rowCount: n };
  return { x, y: ids(n, w.every ? w.time : 1, w.out, () => 0), rowCount: n };
}

/** Whole numbers from 1 to below `limit`, zeros before them. */
function ids(rows, time, limit, padding) {
  const out = new Int32Array(rows * time);
  let s = 1;
  for (let b = 0; b < rows; b++) {
    for (let t = padding(b); t < time; t++) {
      s = (Math.imul(s, 1103515245) + 12345) >>> 0;
      out[b * time + t] = 1 + ((s >>> 8) % (limit - 1));
    }
  }
  return out;
}
