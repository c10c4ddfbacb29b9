import { expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { fillPath } from "./path-template.ts";

const values = { epoch: 7, batch: 12, val_loss: 0.125, loss: -3, "val_top-5": 1 };

test("numbers are put in as Python's format puts them in", () => {
  const cases: [template: string, path: string][] = [
    ["{epoch}-{batch}.keras", "7-12.keras"],
    ["{epoch:02d}-{val_loss:.2f}.keras", "07-0.12.keras"],
    ["{epoch:4d}|{epoch:04d}|{epoch:d}|{epoch:.1f}", "   7|0007|7|7.0"],
    ["{val_loss}|{loss}|{val_loss:f}|{val_loss:.1e}", "0.125|-3.0|0.125000|1.2e-01"],
    ["{loss:07.2f}|{loss:7.2f}|{val_loss:.0f}", "-003.00|  -3.00|0"],
    ["{{epoch}}-{val_top-5:.0f}", "{epoch}-1"],
    ["no numbers", "no numbers"],
  ];
  for (const [template, path] of cases) expect(fillPath(template, values)).toBe(path);
});

test("an unknown name, a format for other numbers and a lone brace are refused", () => {
  const cases: [template: string, message: RegExp][] = [
    ["{epok}", /"{epok}".\n.*Did you mean "epoch"\? Known: epoch, batch/],
    ["{val_loss:02d}", /":02d"/],
    ["{val_loss:.2}", /":.2"/],
    ["{val_loss:>8}", /":>8"/],
    ["{epoch", /"{" without its partner/],
    ["epoch}", /"}" without its partner/],
  ];
  for (const [template, message] of cases) {
    expect(() => fillPath(template, values)).toThrow(DataError);
    expect(() => fillPath(template, values)).toThrow(message);
  }
});
