import { FormatError, problem } from "../errors.ts";

/** Sound of one channel. */
export interface Recording {
  /** [N], from −1 to 1. */
  readonly samples: Float32Array;
  /** Samples a second, Hz. */
  readonly sampleRate: number;
}

/**
 * The sound in a wav file: PCM of 8, 16, 24 or 32 bits or floating point of 32, also as WAVE_FORMAT_EXTENSIBLE; channels are
 * averaged. Throws FormatError naming the byte for what is damaged, cut short or compressed. Microsoft & IBM, "Multimedia
 * Programming Interface and Data Specifications 1.0" (1991); Microsoft, "Multiple Channel Audio Data and WAVE Files" (2001).
 *
 *   const { samples, sampleRate } = readWav(await readFile("7_jackson_32.wav"), "7_jackson_32.wav");
 */
export function readWav(bytes: Uint8Array, who = "readWav"): Recording {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isWord(view, 0, "RIFF") || !isWord(view, 8, "WAVE")) {
    const found = bytes.length === 0 ? "an empty file" : `${bytes.length} bytes of something else`;
    throw new FormatError(problem(`${who}, byte 0`, "a wav file: RIFF, its length, WAVE", found, convert));
  }
  let format: Format | null = null;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const body = at + 8;
    const declared = view.getUint32(at + 4, true); // bytes
    if (isWord(view, at, "data")) return samplesOf(view, at, declared, format, who);
    if (body + declared > bytes.length) {
      const expected = `a chunk of ${declared} bytes`;
      throw new FormatError(problem(`${who}, byte ${at}`, expected, `${bytes.length - body}`, cut));
    }
    if (isWord(view, at, "fmt ")) format = formatAt(view, body, declared, who);
    at = body + declared + (declared % 2); // chunks begin on even bytes
  }
  throw new FormatError(
    problem(`${who}, byte ${bytes.length}`, "a chunk of samples, data", "the end of the file", cut),
  );
}

interface Format {
  channels: number;
  sampleRate: number;
  /** Bytes of one number. */
  width: number;
  read: (view: DataView, at: number) => number;
}

const convert = "Convert it: ffmpeg -i FILE -c:a pcm_s16le out.wav";
const cut = "The file is damaged or was cut short: copy it again.";
const extensible = 0xfffe;

/** How a number of the file becomes one from −1 to 1, by format tag and bits. */
const readers: Readonly<Record<string, Format["read"]>> = {
  "1/8": (view, at) => (view.getUint8(at) - 128) / 128, // the only one without a sign
  "1/16": (view, at) => view.getInt16(at, true) / 2 ** 15,
  "1/24": (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  "1/32": (view, at) => view.getInt32(at, true) / 2 ** 31,
  "3/32": (view, at) => view.getFloat32(at, true),
};

function formatAt(view: DataView, at: number, size: number, who: string): Format {
  const wrong = (byte: number, expected: string, found: string) =>
    new FormatError(problem(`${who}, byte ${byte}`, expected, found, convert));
  if (size < 16) throw wrong(at, "a format of 16 bytes or more", `${size}`);
  const given = view.getUint16(at, true);
  if (given === extensible && size < 40) throw wrong(at, "an extensible format of 40 bytes or more", `${size}`);
  const tag = given === extensible ? view.getUint16(at + 24, true) : given; // the first bytes of its GUID
  const [channels, sampleRate] = [view.getUint16(at + 2, true), view.getUint32(at + 4, true)];
  const [block, bits] = [view.getUint16(at + 12, true), view.getUint16(at + 14, true)];
  if (!Object.hasOwn(readers, `${tag}/${bits}`)) {
    const expected = "PCM of 8, 16, 24 or 32 bits, or floating point of 32";
    throw wrong(at, expected, `format ${tag} of ${bits} bits${names[tag] ? `, ${names[tag]}` : ""}`);
  }
  if (channels < 1) throw wrong(at + 2, "a channel or more", "none");
  if (sampleRate < 1 || sampleRate > 1e6) throw wrong(at + 4, "1 to 1,000,000 samples a second", `${sampleRate}`);
  const width = bits / 8;
  if (block !== channels * width)
    throw wrong(at + 12, `${channels * width} bytes for ${channels} channels of ${bits} bits`, `${block}`);
  return { channels, sampleRate, width, read: readers[`${tag}/${bits}`] };
}

const names: Readonly<Record<number, string>> = { 2: "ADPCM", 6: "A-law", 7: "µ-law", 17: "ADPCM", 85: "MP3" };

function samplesOf(view: DataView, at: number, declared: number, format: Format | null, who: string): Recording {
  const place = `${who}, byte ${at}`;
  if (!format) throw new FormatError(problem(place, "the format before the samples", "none", cut));
  const { channels, sampleRate, width, read } = format;
  const left = view.byteLength - at - 8;
  const size = declared === 0xffffffff ? left : declared; // what a program writes that could not go back to count
  if (size > left) throw new FormatError(problem(place, `${size} bytes of samples`, `${left}`, cut));
  const block = channels * width;
  if (size % block !== 0 && declared === size)
    throw new FormatError(problem(place, `samples of ${block} bytes each`, `${size} bytes`, cut));
  const samples = new Float32Array(Math.floor(size / block));
  if (samples.length === 0) {
    const next = "Leave the file out.";
    throw new FormatError(problem(place, "at least one sample", "none", next));
  }
  for (let n = 0; n < samples.length; n++) {
    let sum = 0;
    for (let k = 0; k < channels; k++) sum += read(view, at + 8 + n * block + k * width);
    if (!Number.isFinite(sum)) {
      const where = `${who}, byte ${at + 8 + n * block}`;
      throw new FormatError(problem(where, "a finite sample", String(sum), convert));
    }
    samples[n] = sum / channels;
  }
  return { samples, sampleRate };
}

const isWord = (view: DataView, at: number, word: string): boolean =>
  at + 4 <= view.byteLength && [...word].every((c, i) => view.getUint8(at + i) === c.charCodeAt(0));
