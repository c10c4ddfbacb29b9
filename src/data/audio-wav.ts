import { DataError, FormatError, problem, showValue } from "../errors.ts";

/** Sound of one channel. */
export interface Recording {
  /** [N], from −1 to 1. */
  readonly samples: Float32Array;
  /** Samples a second, Hz. */
  readonly sampleRate: number;
}

/**
 * The sound in a wav file: PCM of 8, 16, 24, 32 or 64 bits, floating point of 32 or 64, A-law and µ-law, also as
 * WAVE_FORMAT_EXTENSIBLE, RF64 and Sony's Wave64; channels are averaged. Throws FormatError naming the byte for what is
 * damaged, cut short or otherwise compressed. Microsoft & IBM, "Multimedia Programming Interface and Data Specifications 1.0"
 * (1991); Microsoft, "Multiple Channel Audio Data and WAVE Files" (2001); EBU Tech 3306 (2009).
 *
 *   const { samples, sampleRate } = readWav(await readFile("7_jackson_32.wav"), "7_jackson_32.wav");
 */
export function readWav(bytes: Uint8Array, who = "readWav"): Recording {
  if (!(bytes instanceof Uint8Array))
    throw new DataError(
      problem(who, "the bytes of a wav file", showValue(bytes), 'readWav(await readFile("one.wav"))'),
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layout = layoutOf(view);
  if (layout === null) {
    const found = bytes.length === 0 ? "an empty file" : `${bytes.length} bytes of something else`;
    throw new FormatError(problem(`${who}, byte 0`, "a wav file: RIFF, its length, WAVE", found, convert));
  }
  let format: Format | null = null;
  let wide: number | null = null; // bytes of samples, where 32 bits do not say it
  for (let at = layout.first; at + layout.header <= bytes.length; ) {
    const body = at + layout.header;
    const declared = layout.size(view, at); // bytes of the body
    if (isWord(view, at, "data")) return samplesOf(view, at, body, wide ?? declared, format, who);
    if (!(declared >= 0 && body + declared <= bytes.length)) {
      const expected = `a chunk of ${declared} bytes`;
      throw new FormatError(problem(`${who}, byte ${at}`, expected, `${bytes.length - body}`, cut));
    }
    if (isWord(view, at, "ds64") && declared >= 16) wide = Number(view.getBigUint64(body + 8, true));
    if (isWord(view, at, "fmt ")) format = formatAt(view, body, declared, who);
    at = body + Math.ceil(declared / layout.even) * layout.even;
  }
  throw new FormatError(
    problem(`${who}, byte ${bytes.length}`, "a chunk of samples, data", "the end of the file", cut),
  );
}

/** Layout of a container's chunks: offset of the first, header length, size field, and alignment in bytes. */
interface Layout {
  first: number;
  header: number;
  even: number;
  size: (view: DataView, at: number) => number;
}

/** RIFF and its 64-bit form RF64 have names of 4 bytes; Wave64 has names of 16 that begin with those, and sizes with the header. */
function layoutOf(view: DataView): Layout | null {
  if ((isWord(view, 0, "RIFF") || isWord(view, 0, "RF64")) && isWord(view, 8, "WAVE"))
    return { first: 12, header: 8, even: 2, size: (_, at) => view.getUint32(at + 4, true) };
  if (isWord(view, 0, "riff") && isWord(view, 24, "wave"))
    return { first: 40, header: 24, even: 8, size: (_, at) => Number(view.getBigUint64(at + 16, true)) - 24 };
  return null;
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

/** Converts a sample to the range −1 to 1, by format tag and bits. */
const readers: Readonly<Record<string, Format["read"]>> = {
  "1/8": (view, at) => (view.getUint8(at) - 128) / 128, // the only one without a sign
  "1/16": (view, at) => view.getInt16(at, true) / 2 ** 15,
  "1/24": (view, at) => (view.getUint16(at, true) + view.getInt8(at + 2) * 2 ** 16) / 2 ** 23,
  "1/32": (view, at) => view.getInt32(at, true) / 2 ** 31,
  "1/64": (view, at) => Number(view.getBigInt64(at, true)) / 2 ** 63,
  "3/32": (view, at) => view.getFloat32(at, true),
  "3/64": (view, at) => view.getFloat64(at, true),
  "6/8": (view, at) => aLaw(view.getUint8(at)) / 2 ** 15,
  "7/8": (view, at) => muLaw(view.getUint8(at)) / 2 ** 15,
};

/** ITU-T G.711: a sign, an exponent of 3 bits and a mantissa of 4, every other bit turned; 13 bits of 16. */
function aLaw(byte: number): number {
  const [exponent, mantissa] = [((byte ^ 0x55) >> 4) & 7, (byte ^ 0x55) & 15];
  const size = exponent === 0 ? mantissa * 16 + 8 : (mantissa * 16 + 264) * 2 ** (exponent - 1);
  return (byte ^ 0x55) & 0x80 ? size : -size;
}

/** The same of its other half: all bits turned, 14 bits of 16. */
function muLaw(byte: number): number {
  const [exponent, mantissa] = [(~byte >> 4) & 7, ~byte & 15];
  const size = (mantissa * 8 + 132) * 2 ** exponent - 132;
  return ~byte & 0x80 ? -size : size;
}

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
    const expected = "PCM of 8, 16, 24, 32 or 64 bits, floating point of 32 or 64, A-law or µ-law";
    throw wrong(at, expected, `format ${tag} of ${bits} bits${names[tag] ? `, ${names[tag]}` : ""}`);
  }
  if (channels < 1) throw wrong(at + 2, "a channel or more", "none");
  if (sampleRate < 1 || sampleRate > 1e6) throw wrong(at + 4, "1 to 1,000,000 samples per second", `${sampleRate}`);
  const width = bits / 8;
  if (block !== channels * width)
    throw wrong(at + 12, `${channels * width} bytes for ${channels} channels of ${bits} bits`, `${block}`);
  return { channels, sampleRate, width, read: readers[`${tag}/${bits}`] };
}

const names: Readonly<Record<number, string>> = { 2: "ADPCM", 17: "ADPCM", 85: "MP3" };

function samplesOf(
  view: DataView,
  at: number,
  body: number,
  declared: number,
  format: Format | null,
  who: string,
): Recording {
  const place = `${who}, byte ${at}`;
  if (!format) throw new FormatError(problem(place, "the format before the samples", "none", cut));
  const { channels, sampleRate, width, read } = format;
  const left = view.byteLength - body;
  const size = declared === 0xffffffff ? left : declared; // what a program writes that could not go back to count
  if (!(size <= left)) throw new FormatError(problem(place, `${size} bytes of samples`, `${left}`, cut));
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
    for (let k = 0; k < channels; k++) sum += read(view, body + n * block + k * width);
    if (!Number.isFinite(sum)) {
      const where = `${who}, byte ${body + n * block}`;
      throw new FormatError(problem(where, "a finite sample", String(sum), convert));
    }
    samples[n] = sum / channels;
  }
  return { samples, sampleRate };
}

const isWord = (view: DataView, at: number, word: string): boolean =>
  at + 4 <= view.byteLength && [...word].every((c, i) => view.getUint8(at + i) === c.charCodeAt(0));
