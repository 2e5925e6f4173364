"""Embeddings of text: wordllama's 256 static dimensions, from the weights inside its wheel; nothing is downloaded.

Static word vectors: they see what a text is about, not negation or order. They merge and compare, they never create.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIMENSION = 256
BATCH = 256

_lock = Lock()
_loaded: list[Any] = []


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors, shape (len(texts), 256); a row of zeros for a text without a token.

    The same text gives the same bytes whatever stands beside it. Safe to call from several threads.
    """
    clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    spoken = [index for index, text in enumerate(clean) if text.strip()]
    vectors = np.zeros((len(clean), DIMENSION), dtype=np.float32)
    if spoken:
        raw = _model().embed([clean[index] for index in spoken], norm=False, batch_size=BATCH)
        length = np.linalg.norm(raw, axis=1, keepdims=True)
        vectors[spoken] = np.divide(raw, length, out=np.zeros_like(raw), where=length > 0)
    return vectors


def _model() -> Any:
    """The model, loaded once (about .6 s)."""
    with _lock:
        if not _loaded:
            # Imported here: the command line must answer --help without it.
            import wordllama

            _loaded.append(wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True))
        return _loaded[0]
