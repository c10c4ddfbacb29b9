import { compareLayers } from "./library-numbers.ts";

compareLayers("Keras", "keras-numbers.json"); // made by test/fixtures/make-keras-numbers.py
