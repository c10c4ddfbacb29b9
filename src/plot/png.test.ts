import { afterEach, expect, test, vi } from "vitest";
import { BackendError } from "../errors.ts";
import { svgToPng } from "./png.ts";

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>';

afterEach(() => {
  vi.doUnmock("@resvg/resvg-js");
  vi.resetModules();
});

test("where the package is missing, the error says how to get it", async () => {
  vi.doMock("@resvg/resvg-js", () => {
    throw new Error("no binary for this machine");
  });
  const thrown = await svgToPng(svg).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(BackendError);
  expect((thrown as Error).message).toMatch(/the package @resvg\/resvg-js[\s\S]*npm install @resvg\/resvg-js/);
});

test("on a system without fonts, a picture without words is refused", async () => {
  vi.doMock("@resvg/resvg-js", () => ({
    Resvg: class {
      getBBox() {
        return undefined;
      }
    },
  }));
  await expect(svgToPng(svg)).rejects.toThrow("a font, received a system without any");
});
