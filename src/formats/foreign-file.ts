/**
 * Names what a file is that is no model, by how it begins, with what to do about it; null where it is unknown.
 *
 *   foreignFile(new TextEncoder().encode("<!DOCTYPE html>"))?.what; // "a web page (HTML)"
 */
export function foreignFile(bytes: Uint8Array): { what: string; next: string } | null {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 512));
  const found = kinds.find(({ begins }) =>
    typeof begins === "string" ? start.startsWith(begins) : begins.test(start),
  );
  if (found) return found;
  if (!isText(bytes.subarray(0, 512))) return null;
  const [line] = start.split(/\r?\n/);
  const cells = [",", ";", "\t"].some((separator) => line.split(separator).length > 1);
  const next = "cellstate train reads text, csv, tsv and jsonl files; a model is what it saves.";
  return { what: cells ? "a CSV file" : "a text file", next };
}

const again = "The download failed or was a page: download the file itself.";
const kinds = [
  {
    begins: "version https://git-lfs",
    what: "a Git LFS pointer",
    next: "Run git lfs pull to fetch the model itself.",
  },
  { begins: /^\s*(<!doctype html|<html)/i, what: "a web page (HTML)", next: again },
  { begins: /^\s*<\?xml/i, what: "an XML file", next: again },
  { begins: "\x1f\x8b", what: "a gzip archive", next: "Unpack it first: gunzip, or tar xzf." },
  { begins: "\x93NUMPY", what: "a NumPy array", next: "Arrays are data: readNpy of cellstate/formats reads it." },
  { begins: "\x89PNG", what: "a PNG picture", next: "Give the model's file." },
  { begins: "%PDF", what: "a PDF document", next: "Give the model's file." },
  { begins: /^RIFF....WAVE/s, what: "a WAV recording", next: "Recordings are data: cellstate predict MODEL FILE." },
];

const isText = (bytes: Uint8Array): boolean =>
  bytes.length > 0 && bytes.every((b) => b >= 32 || b === 9 || b === 10 || b === 13);
