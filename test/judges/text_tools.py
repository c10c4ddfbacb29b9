"""Keras's tools for texts and series, one call a request: answers of text-tools.mjs."""
import numpy as np
import keras
from keras.src.legacy.preprocessing.sequence import TimeseriesGenerator
from keras.src.legacy.preprocessing.text import Tokenizer
from answer import answer


def tokenizer(options, texts, others, sequences):
    t = Tokenizer(**options)
    t.fit_on_texts(texts)
    t.fit_on_sequences(sequences)
    ids = t.texts_to_sequences(others)
    return {
        "wordIndex": list(t.word_index.items()),
        "wordCounts": list(t.word_counts.items()),
        "wordDocs": sorted(t.word_docs.items()),
        "indexDocs": sorted(t.index_docs.items()),
        "ids": ids,
        "texts": t.sequences_to_texts(ids + sequences),
        "matrices": [t.texts_to_matrix(others, mode).tolist() for mode in ("binary", "count", "freq", "tfidf")],
        "json": t.to_json(),
    }


def pad(rows, options):
    return keras.utils.pad_sequences(rows, **options).tolist()


def generator(data, targets, options):
    batches = list(TimeseriesGenerator(np.array(data), np.array(targets), **options))
    return [[x.tolist(), y.tolist()] for x, y in batches]


def windows(data, targets, options):
    made = keras.utils.timeseries_dataset_from_array(
        np.array(data), None if targets is None else np.array(targets), batch_size=None, **options
    )
    pairs = [(one, None) if targets is None else one for one in made]
    return {
        "x": [x.numpy().tolist() for x, _ in pairs],
        "y": None if targets is None else [y.numpy().tolist() for _, y in pairs],
    }


def vectorization(options, adapted, texts):
    if "ngrams" in options and isinstance(options["ngrams"], list):
        options["ngrams"] = tuple(options["ngrams"])
    layer = keras.layers.TextVectorization(**options)
    if adapted is not None:
        layer.adapt(np.array([[text] for text in adapted]))
    out = keras.ops.convert_to_numpy(layer(np.array([[text] for text in texts])))
    return {"vocabulary": layer.get_vocabulary(), "shape": list(out.shape), "rows": out.tolist()}


tools = {f.__name__: f for f in (tokenizer, pad, generator, windows, vectorization)}
answer(lambda request: tools[request.pop("tool")](**request))
