"""Action tokens: numbers from -1 to 1 as one of n bins, written as the last words of a vocabulary, as OpenVLA has it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class TokenBins:
    """The bins of a model. Its words count down: the last word of the vocabulary is the lowest bin."""

    edges: int = 256
    """how many equal steps from -1 to 1 bound the bins, of which there is one less"""
    vocabulary: int = 32_000
    """words that the tokenizer has, without those that only pad the embedding"""

    @property
    def centres(self) -> np.ndarray:
        """The middles of the bins (edges - 1,)."""
        bounds = np.linspace(-1.0, 1.0, self.edges)
        return (bounds[:-1] + bounds[1:]) / 2

    @property
    def width(self) -> float:
        """Of one bin."""
        return 2.0 / (self.edges - 1)

    def decode(self, tokens: np.ndarray) -> np.ndarray:
        """The middles (...) that tokens (...) stand for; a word that is no action counts as the nearest bin's."""
        index = np.clip(self.vocabulary - np.asarray(tokens, np.int64) - 1, 0, self.edges - 2)
        return self.centres[index]

    def encode(self, values: np.ndarray) -> np.ndarray:
        """The tokens int64 (...) whose bins hold the values (...), cut to -1 and 1.

        As in training, a value at the very upper edge gets a token of its own, which `decode` counts to the last bin.
        """
        bounds = np.linspace(-1.0, 1.0, self.edges)
        return self.vocabulary - np.digitize(np.clip(np.asarray(values, np.float64), -1, 1), bounds)
