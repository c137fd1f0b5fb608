"""What is in the pack, and on which side of the train/test split?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vlagen_bench.household import fruit, groceries, patterns, receptacles, tabletops, toys, vegetables
from vlagen_bench.household.model import Model


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """An object or receptacle. Its id is the name of `make`; its mass sets the density."""

    make: Callable[[], Model]
    split: str
    category: str
    colour: str
    mass_kg: float
    synonyms: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.make.__name__


@dataclass(frozen=True, kw_only=True)
class ImageRow:
    """A table top or overlay texture. Its id is the name of `paint`."""

    paint: Callable[[np.random.RandomState, int], np.ndarray]
    split: str

    @property
    def id(self) -> str:
        return self.paint.__name__


def _model(make, split: str, category: str, colour: str, mass_kg: float, *synonyms: str) -> ModelRow:
    return ModelRow(make=make, split=split, category=category, colour=colour, mass_kg=mass_kg, synonyms=synonyms)


def _images(split: str, *painters) -> tuple[ImageRow, ...]:
    return tuple(ImageRow(paint=paint, split=split) for paint in painters)


OBJECTS = (
    _model(fruit.apple, "train", "fruit", "red", 0.08, "red apple", "ripe apple"),
    _model(fruit.banana, "train", "fruit", "yellow", 0.06, "yellow banana", "ripe banana"),
    _model(vegetables.carrot, "train", "vegetable", "orange", 0.045, "orange carrot", "orange root vegetable"),
    _model(fruit.lemon, "train", "fruit", "yellow", 0.06, "yellow lemon", "sour yellow citrus fruit"),
    _model(fruit.pear, "train", "fruit", "green", 0.095, "green pear", "ripe pear"),
    _model(fruit.strawberry, "train", "fruit", "red", 0.03, "red strawberry", "red berry"),
    _model(groceries.milk_carton, "train", "grocery", "white", 0.2, "carton of milk", "small milk box"),
    _model(groceries.soup_can, "train", "grocery", "red", 0.22, "can of soup", "tin of tomato soup"),
    _model(toys.rubber_duck, "train", "toy", "yellow", 0.04, "toy duck", "yellow bath duck"),
    _model(toys.toy_block, "train", "toy", "red", 0.05, "letter block", "wooden alphabet cube"),
    _model(toys.toy_car, "train", "toy", "red", 0.06, "little red car", "model car"),
    _model(vegetables.eggplant, "test", "vegetable", "purple", 0.06, "aubergine", "purple vegetable"),
    _model(vegetables.mushroom, "test", "fungus", "brown", 0.03, "brown mushroom", "edible fungus"),
    _model(groceries.bottle, "test", "drink", "green", 0.12, "green bottle", "bottle of juice"),
    _model(groceries.cupcake, "test", "pastry", "pink", 0.05, "pink cupcake", "muffin with icing"),
    _model(toys.sponge, "test", "cleaning", "yellow", 0.02, "kitchen sponge", "dish sponge"),
)

RECEPTACLES = (
    _model(receptacles.plate, "train", "tableware", "white", 0.19, "white plate", "dish"),
    _model(receptacles.wooden_tray, "train", "tray", "brown", 0.12, "tray", "wooden serving tray"),
    _model(receptacles.basket, "test", "container", "brown", 0.08, "wicker basket", "woven basket"),
    _model(receptacles.bowl, "test", "tableware", "green", 0.2, "shallow bowl", "green bowl"),
    _model(receptacles.coaster, "test", "mat", "brown", 0.06, "cork coaster", "round drink mat"),
    _model(receptacles.frying_pan, "test", "cookware", "black", 0.4, "pan", "skillet"),
    _model(receptacles.napkin, "test", "cloth", "red", 0.04, "checked cloth", "folded serviette"),
    _model(receptacles.tile, "test", "building", "blue", 0.2, "ceramic tile", "painted tile"),
)

TABLES = _images(
    "train",
    tabletops.bamboo,
    tabletops.blue_checked_cloth,
    tabletops.grey_granite,
    tabletops.oak_planks,
    tabletops.terracotta_tiles,
    tabletops.walnut,
    tabletops.white_marble,
) + _images("test", tabletops.brushed_steel, tabletops.green_felt, tabletops.terrazzo)

TEXTURES = _images("train", patterns.brick_wall, patterns.checkerboard, patterns.zebra_stripes) + _images(
    "test", patterns.camouflage, patterns.confetti, patterns.hexagons, patterns.leopard_spots, patterns.swirl_paint
)
