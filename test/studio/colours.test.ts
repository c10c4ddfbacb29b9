import { expect, test } from "vitest";
import { blueOrange, cividis, inkOn } from "../../studio/src/colours.ts";

test("numbers on a colour can be read, whichever it is: a contrast of 4.5 at least", () => {
  const light = (byte: number) => (byte <= 10 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (r: number, g: number, b: number) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
  for (const table of [cividis, blueOrange])
    for (let place = 0; place < 256; place++) {
      const [r, g, b] = table.subarray(place * 4);
      const [paper, ink] = [luminance(r, g, b), inkOn(table, place) === "#fff" ? 1 : 0];
      const contrast = (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
      expect(contrast, `${place}`).toBeGreaterThan(4.5);
    }
});
