import fc from "fast-check";
import { expect, test } from "vitest";
import { ShapeError } from "../errors.ts";
import { axisOf, broadcastShapes, sizeOf, stridesOf } from "./shape.ts";

const shape = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });

test("broadcasting is commutative, and a shape with itself is itself", () => {
  fc.assert(
    fc.property(shape, shape, (a, b) => {
      expect(broadcastShapes(a, a)).toEqual(a);
      const tried = (x: number[], y: number[]) => {
        try {
          return broadcastShapes(x, y);
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeError);
          return null;
        }
      };
      const ab = tried(a, b);
      expect(tried(b, a)).toEqual(ab);
      if (!ab) return;
      ab.forEach((d, i) => {
        const da = a[i - ab.length + a.length] ?? 1;
        const db = b[i - ab.length + b.length] ?? 1;
        expect(d).toBe(Math.max(da, db));
        expect([1, d]).toContain(da);
        expect([1, d]).toContain(db);
      });
    }),
    { seed: 3 },
  );
});

test("strides count the elements behind each axis", () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(sizeOf([])).toBe(1);
});

test("an axis may count from the end, and one that does not exist is refused", () => {
  expect(axisOf(-1, 3)).toBe(2);
  expect(() => axisOf(3, 3)).toThrow(/axis 3 does not exist/);
});
