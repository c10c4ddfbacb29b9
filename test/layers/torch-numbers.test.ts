import { judgeLayers } from "./judged-numbers.ts";

judgeLayers("PyTorch", "layer-numbers.json"); // made by test/fixtures/make-layer-numbers.py
