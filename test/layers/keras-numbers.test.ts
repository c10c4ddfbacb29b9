import { judgeLayers } from "./judged-numbers.ts";

judgeLayers("Keras", "keras-numbers.json"); // made by test/fixtures/make-keras-numbers.py
