/** A wav file as the standard describes it, for tests: samples [channels][N] from −1 to 1. */
export function wavBytes(
  channels: readonly (readonly number[])[],
  { sampleRate = 8000, bits = 16, float = false, extensible = false } = {},
): Uint8Array {
  const [block, N] = [(channels.length * bits) / 8, channels[0].length];
  const tag = float ? 3 : 1;
  const format = [
    ...[...half(extensible ? 0xfffe : tag), ...half(channels.length), ...word(sampleRate), ...word(sampleRate * block)],
    ...[...half(block), ...half(bits)],
    ...(extensible ? [...half(22), ...half(bits), ...word(3), ...half(tag), ...guid] : []),
  ];
  const samples = Array.from({ length: N }, (_, n) => channels.flatMap((one) => number(one[n], bits, float))).flat();
  const chunks = [...ascii("WAVE"), ...chunk("fmt ", format), ...chunk("LIST", [1, 2, 3]), ...chunk("data", samples)];
  return Uint8Array.from(chunk("RIFF", chunks));
}

/** A tone of some Hz that fades in and out, samples [N]. */
export const tone = (hertz: number, N: number, sampleRate = 8000): number[] =>
  Array.from(
    { length: N },
    (_, n) => 0.5 * Math.sin((Math.PI * n) / N) * Math.sin((2 * Math.PI * hertz * n) / sampleRate),
  );

const guid = [0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113];
const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const half = (v: number): number[] => [v & 255, (v >> 8) & 255];
const word = (v: number): number[] => [...half(v & 0xffff), ...half(v >>> 16)];
const chunk = (name: string, body: number[]): number[] => [
  ...ascii(name),
  ...word(body.length),
  ...body,
  ...(body.length % 2 ? [0] : []),
];

function number(v: number, bits: number, float: boolean): number[] {
  if (float) return [...new Uint8Array((bits === 64 ? Float64Array.of(v) : Float32Array.of(v)).buffer)];
  if (bits === 8) return [Math.round(v * 127) + 128];
  const whole = Math.round(v * (2 ** (bits - 1) - 1));
  return Array.from({ length: bits / 8 }, (_, i) => (whole >> (8 * i)) & 255);
}
