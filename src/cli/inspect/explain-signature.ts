import { type Explain, type Explanation, latin1, typed } from "./explanation.ts";

type Told = Explanation | ((file: string) => Explanation);

const python = (code: string) => ["in Python:", code] as const;

/** Files that are known by how they begin and are not read here, with what to do about each. */
const signatures: readonly [begins: string | RegExp, told: Told][] = [
  [
    "version https://git-lfs",
    (file) => ({
      kind: "a Git LFS pointer: the file itself was not downloaded",
      next: [[`git lfs pull --include ${file}`, "fetches it"]],
    }),
  ],
  [
    /^\s*(<!doctype html|<html)/i,
    { kind: "a web page (HTML): the download was a page, or failed", lines: ["Download the file itself."] },
  ],
  [/^\s*<\?xml/i, { kind: "an XML file", lines: ["Not read here."] }],
  [
    "BZh",
    {
      kind: "packed by bzip2",
      next: [["bunzip2 FILE", "unpacks it"], python('joblib.dump(joblib.load(path), path, compress="zlib")')],
    },
  ],
  [
    "\xfd7zXZ",
    {
      kind: "packed by xz",
      next: [["unxz FILE", "unpacks it"], python('joblib.dump(joblib.load(path), path, compress="zlib")')],
    },
  ],
  ["\x28\xb5\x2f\xfd", { kind: "packed by Zstandard", next: [["unzstd FILE", "unpacks it"]] }],
  [
    "\x04\x22\x4d\x18",
    { kind: "packed by LZ4", next: [python('joblib.dump(joblib.load(path), path, compress="zlib")')] },
  ],
  ["7z\xbc\xaf\x27\x1c", { kind: "a 7-Zip archive", next: [["7z x FILE", "unpacks it"]] }],
  ["Rar!", { kind: "a RAR archive", next: [["unrar x FILE", "unpacks it"]] }],
  [
    /^.{257}ustar/s,
    (file) => ({ kind: "a tar archive", next: [[`tar xf ${file}`, "unpacks it; inspect the files in it"]] }),
  ],
  ["\x89PNG", { kind: "a PNG picture", lines: ["Not read here: models take numbers, texts and recordings."] }],
  ["\xff\xd8\xff", { kind: "a JPEG picture", lines: ["Not read here: models take numbers, texts and recordings."] }],
  ["GIF8", { kind: "a GIF picture", lines: ["Not read here: models take numbers, texts and recordings."] }],
  ["%PDF", { kind: "a PDF document", lines: ["Not read here."] }],
  ["PAR1", { kind: "a Parquet table", next: [python('pd.read_parquet(path).to_csv("data.csv", index=False)')] }],
  [
    "ARROW1",
    { kind: "a Feather (Arrow) table", next: [python('pd.read_feather(path).to_csv("data.csv", index=False)')] },
  ],
  [
    "SQLite format 3",
    {
      kind: "an SQLite database",
      next: [['sqlite3 -header -csv FILE "select * from NAME" > data.csv', "writes a table as CSV"]],
    },
  ],
  ["\xd0\xcf\x11\xe0", { kind: "an older Office document (xls, doc)", lines: ["Save it as CSV."] }],
  ["MATLAB 5.0", { kind: "a MATLAB file", next: [python('np.savez("data.npz", **scipy.io.loadmat(path))')] }],
  [
    "GGUF",
    {
      kind: "GGUF: weights of a large language model",
      lines: ["Not read here: such models are transformers of their own program."],
    },
  ],
  [
    /^.{4}TFL3/s,
    { kind: "a TensorFlow Lite model", lines: ["Not read here. Use the .keras, .h5 or .onnx file it was made from."] },
  ],
  [
    "\xba\x16\x4f\x2f",
    { kind: "a fastText model (.bin)", lines: ["Not read here: readWordVectors reads its vectors, the .vec file."] },
  ],
  ["MThd", { kind: "a MIDI file", lines: ["Not read here; midiFile of cellstate/data writes them."] }],
  ["fLaC", { kind: "a FLAC recording", next: [["ffmpeg -i FILE sound.wav", "makes a wav of it"]] }],
  ["OggS", { kind: "an Ogg recording", next: [["ffmpeg -i FILE sound.wav", "makes a wav of it"]] }],
  [
    /^(ID3|\xff[\xfb\xf3\xf2])/,
    { kind: "an MP3 recording", next: [["ffmpeg -i FILE sound.wav", "makes a wav of it"]] },
  ],
  [/^\x7fELF|^MZ/, { kind: "a program", lines: ["No data, and no model."] }],
  [
    "CELLCKPT",
    {
      kind: "a checkpoint of a training that was interrupted",
      writer: "Cellstate",
      lines: [
        "Type the command that was interrupted again, with --resume: it continues from here. In a program: backupAndRestore(folder).",
      ],
    },
  ],
];

export const explainSignature: Explain = async ({ file, head }) => {
  const start = latin1(head.subarray(0, 600));
  const found = signatures.find(([begins]) =>
    typeof begins === "string" ? start.startsWith(begins) : begins.test(start),
  );
  if (!found) return null;
  const [, told] = found;
  const name = typed(file);
  const said = typeof told === "function" ? told(name) : told;
  const next = said.next?.map(
    ([command, effect]) => [command.replace("FILE", name), effect.replace(/\bpath\b/g, JSON.stringify(file))] as const,
  );
  return { ...said, next };
};
