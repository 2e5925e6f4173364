"""Embeddings: unit vectors, zeros for nothing said, the same bytes every time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from store.embed import DIMENSION, embed


def test_a_text_becomes_a_unit_vector_of_256_numbers() -> None:
    vectors = embed(["latte art", "Halloween costume"])
    assert vectors.shape == (2, DIMENSION) == (2, 256)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_an_empty_text_becomes_zeros_and_never_nan() -> None:
    vectors = embed(["", "  \n ", "moss frame"])
    assert not vectors[:2].any()
    assert np.isfinite(vectors).all()
    assert embed([]).shape == (0, DIMENSION)


def test_a_text_has_the_same_bytes_whatever_stands_beside_it() -> None:
    alone = embed(["fair isle"])[0]
    among = embed(["a much longer text about winter camping in the woods", "", "fair isle"])[2]
    assert alone.tobytes() == among.tobytes()


def test_half_a_surrogate_pair_is_no_reason_to_fail() -> None:
    assert np.isfinite(embed(["broken \ud83d emoji"])).all()


def test_several_threads_may_embed_at_once() -> None:
    texts = [f"pumpkin number {number}" for number in range(40)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: embed([text])[0], texts))
    np.testing.assert_array_equal(np.stack(found), embed(texts))


def test_like_things_lie_nearer_than_unlike_ones() -> None:
    cat, kitten, tax = embed(["cat", "kitten", "income tax return"])
    assert cat @ kitten > cat @ tax
