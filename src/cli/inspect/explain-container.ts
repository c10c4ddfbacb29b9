import { readWav } from "../../data/index.ts";
import { readPickle } from "../../index.ts";
import { explained } from "./explain-pickle.ts";
import { explainVectors } from "./explain-text.ts";
import { begins, type Explain, few, latin1, typed } from "./explanation.ts";

/** Recordings. */
export const explainRecording: Explain = async (source) => {
  const start = latin1(source.head.subarray(0, 40));
  if (!/^(RIFF|RF64)....WAVE|^riff.{20}wave/s.test(start)) return null;
  const { samples, sampleRate } = readWav(await source.bytes(), source.file);
  const name = typed(source.file);
  return {
    kind: `a recording (WAV): ${(samples.length / sampleRate).toFixed(2)} s at ${sampleRate.toLocaleString("en-US")} Hz`,
    next: [
      [`cellstate predict MODEL ${name}`, "its class, by a model of recordings"],
      ["cellstate train sequence *.wav", "such a model: classes are the names up to the first _"],
      [`readWav(await readFile(${JSON.stringify(source.file)}))`, "of cellstate/data: its samples"],
    ],
  };
};

const offices: readonly [member: RegExp, kind: string, next: string][] = [
  [
    /^xl\//,
    "an Excel table",
    'Save it as CSV: in Excel, Save As; in Python, pd.read_excel(path).to_csv("data.csv", index=False).',
  ],
  [/^word\//, "a Word document", "Save it as text."],
  [
    /^(fingerprint\.pb|saved_model\.pb|.*\/saved_model\.pb)/,
    "a zipped TensorFlow SavedModel",
    'In Python: tf.keras.models.load_model(folder).save("model.keras").',
  ],
];

/** Zip archives that are no model: what is in them. */
export const explainZip: Explain = async ({ file, head, size, bytes }) => {
  if (!begins(head, "PK\x03\x04") && !begins(head, "PK\x05\x06")) return null;
  const names = size < 2 ** 30 ? membersOf(await bytes()) : [];
  if (names.includes("config.json") || names.some((name) => name.endsWith("/data.pkl"))) return null; // of Keras, of PyTorch
  if (names.length === 1) {
    const found = await readPickle(file).catch(() => null);
    if (found !== null) return { ...explained(found, file), writer: "Python" };
  }
  const known = offices.find(([member]) => names.some((name) => member.test(name)));
  if (known) return { kind: known[1], lines: [known[2]] };
  return {
    kind: `a zip archive of ${names.length} files`,
    lines: names.length > 0 ? [few(names, 12)] : [],
    next: [[`unzip ${typed(file)}`, "unpacks it; inspect the files in it"]],
  };
};

/** Names in the archive's directory; none where it is damaged. */
function membersOf(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= Math.max(0, bytes.length - 66_000) && !begins(bytes, "PK\x05\x06", end)) end--;
  if (end < 0 || !begins(bytes, "PK\x05\x06", end)) return [];
  const names: string[] = [];
  for (
    let at = view.getUint32(end + 16, true);
    at + 46 <= end && view.getUint32(at, true) === 0x02014b50 && names.length < 65_535;
  ) {
    const length = view.getUint16(at + 28, true);
    names.push(new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + length)));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return names;
}

/** gzip: what is inside, by its name or its first bytes. */
export const explainGzip: Explain = async ({ file, head }) => {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return null;
  const name = typed(file);
  const inner = await firstBytes(head);
  const vectors = await explainVectors({ file, head: inner });
  if (vectors) return { ...vectors, kind: `packed by gzip: ${vectors.kind}` };
  const tar = latin1(inner.subarray(257, 262)) === "ustar";
  return {
    kind: `packed by gzip${tar ? ": a tar archive" : ""}`,
    next: tar
      ? [[`tar xzf ${name}`, "unpacks it; inspect the files in it"]]
      : [[`gunzip -k ${name}`, `unpacks it; then: cellstate inspect ${name.replace(/\.gz('?)$/, "$1")}`]],
  };
};

/** The first bytes behind gzip, as far as the head goes. */
async function firstBytes(head: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([Uint8Array.from(head)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  try {
    return (await reader.read()).value ?? new Uint8Array();
  } catch {
    return new Uint8Array();
  } finally {
    await reader.cancel().catch(() => {});
  }
}
