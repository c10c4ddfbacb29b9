import { compareLayers } from "./library-numbers.ts";

compareLayers("PyTorch", "layer-numbers.json"); // made by test/fixtures/make-layer-numbers.py
