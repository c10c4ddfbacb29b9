/** Tables of 256 colours, as bytes R G B A: one for values from 0 to 1, one for signed values with zero fixed at white. */

/** Cividis (Nuñez, Anderton & Renslow 2018), dark blue to yellow, even for those who see fewer colours; by nine of its colours. */
export const cividis = table([
  "#00204d",
  "#16396d",
  "#3b496c",
  "#575d6d",
  "#707173",
  "#8a8779",
  "#a69d75",
  "#c8b866",
  "#ffea46",
]);

/** Blue below zero, white at it, orange above. */
export const blueOrange = table([
  "#084594",
  "#2f79b9",
  "#79b1d8",
  "#c6dcec",
  "#f7f7f7",
  "#fbd9b5",
  "#f4a35b",
  "#d96a1b",
  "#8c2d04",
]);

/** The place of a value in a table: 0 to 1, or -limit to limit. */
export const placeIn = (value: number, limit: number | null): number =>
  Math.max(0, Math.min(255, Math.round((limit === null ? value : (value / limit + 1) / 2) * 255)));

export function cssColour(colours: Uint8ClampedArray, place: number): string {
  const [r, g, b] = colours.subarray(place * 4, place * 4 + 3);
  return `rgb(${r} ${g} ${b})`;
}

/** Black or white, whichever is read better on a colour: a contrast of 4.5 and more (WCAG 2) on any. */
export function inkOn(colours: Uint8ClampedArray, place: number): string {
  const [r, g, b] = Array.from(colours.subarray(place * 4, place * 4 + 3), linear);
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) ? "#000" : "#fff";
}

/** A channel of sRGB as light. */
const linear = (byte: number): number =>
  byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;

/** The bound of a signed scale: one of few, never the data's own, so that noise does not look like structure. */
export function limitFor(values: Float32Array): number {
  let most = 0;
  for (const v of values) if (Math.abs(v) > most) most = Math.abs(v);
  return [1, 2, 5, 10, 20, 50, 100].find((limit) => most <= limit) ?? 10 ** Math.ceil(Math.log10(most));
}

function table(stops: readonly string[]): Uint8ClampedArray {
  const rgb = stops.map((hex) => [1, 3, 5].map((k) => Number.parseInt(hex.slice(k, k + 2), 16)));
  const made = new Uint8ClampedArray(256 * 4);
  for (let place = 0; place < 256; place++) {
    const at = (place / 255) * (stops.length - 1);
    const below = Math.min(stops.length - 2, Math.floor(at));
    for (let k = 0; k < 3; k++)
      made[place * 4 + k] = rgb[below][k] + (at - below) * (rgb[below + 1][k] - rgb[below][k]);
    made[place * 4 + 3] = 255;
  }
  return made;
}

/** A colour of the page's style as a canvas can have it: `light-dark()` decided. */
export function colourOf(place: HTMLElement, name: string): string {
  const probe = place.appendChild(document.createElement("span"));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
