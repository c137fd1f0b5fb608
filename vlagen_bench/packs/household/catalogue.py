"""The catalogue of the pack: every asset, and its side of the train/test split."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vlagen_bench.packs.household import (
    bakery,
    boards,
    cleaning,
    cloths,
    containers,
    cookware,
    drinks,
    fruit,
    groceries,
    paper,
    table_cloths,
    table_sheets,
    table_stones,
    table_woods,
    tableware,
    texture_nature,
    texture_paintings,
    texture_patterns,
    tools,
    toys,
    vegetables,
)
from vlagen_bench.packs.household.model import HouseholdModel


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """An object or receptacle. Its id is the name of `make`; its mass sets the density."""

    make: Callable[[], HouseholdModel]
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
    covers_m: float | None = None
    """edge of the square that a table's picture covers: what makes its boards, tiles and threads as large as real ones"""

    @property
    def id(self) -> str:
        return self.paint.__name__


def _model(
    make: Callable[[], HouseholdModel], split: str, category: str, colour: str, mass_kg: float, *synonyms: str
) -> ModelRow:
    return ModelRow(make=make, split=split, category=category, colour=colour, mass_kg=mass_kg, synonyms=synonyms)


def _tables(
    split: str, *painters: tuple[Callable[[np.random.RandomState, int], np.ndarray], float]
) -> tuple[ImageRow, ...]:
    return tuple(ImageRow(paint=paint, split=split, covers_m=covers_m) for paint, covers_m in painters)


def _images(split: str, *painters: Callable[[np.random.RandomState, int], np.ndarray]) -> tuple[ImageRow, ...]:
    return tuple(ImageRow(paint=paint, split=split) for paint in painters)


OBJECTS = (
    _model(fruit.apple, "train", "fruit", "red", 0.08, "red apple", "ripe apple"),
    _model(fruit.banana, "train", "fruit", "yellow", 0.06, "yellow banana", "ripe banana"),
    _model(bakery.bread_loaf, "train", "baked good", "brown", 0.09, "loaf of bread", "brown loaf"),
    _model(vegetables.broccoli, "train", "vegetable", "green", 0.05, "green broccoli", "head of broccoli"),
    _model(vegetables.carrot, "train", "vegetable", "orange", 0.045, "orange carrot", "orange root vegetable"),
    _model(bakery.doughnut, "train", "baked good", "pink", 0.04, "pink doughnut", "iced ring with sprinkles"),
    _model(tools.hammer, "train", "tool", "black", 0.12, "claw hammer", "tool for driving nails"),
    _model(fruit.lemon, "train", "fruit", "yellow", 0.06, "yellow lemon", "sour yellow citrus fruit"),
    _model(drinks.milk_carton, "train", "drink", "white", 0.2, "carton of milk", "small milk box"),
    _model(fruit.pear, "train", "fruit", "green", 0.095, "green pear", "ripe pear"),
    _model(toys.rubber_duck, "train", "toy", "yellow", 0.04, "toy duck", "yellow bath duck"),
    _model(groceries.sardine_tin, "train", "packaged food", "blue", 0.14, "tin of fish", "flat tin of sardines"),
    _model(tools.screwdriver, "train", "tool", "orange", 0.06, "orange screwdriver", "tool for turning screws"),
    _model(drinks.soda_can, "train", "drink", "blue", 0.2, "can of soda", "blue drink can"),
    _model(groceries.soup_can, "train", "packaged food", "red", 0.22, "can of soup", "tin of tomato soup"),
    _model(cleaning.soap_bar, "train", "cleaning item", "pink", 0.09, "bar of soap", "pink soap"),
    _model(cleaning.spray_bottle, "train", "cleaning item", "purple", 0.12, "purple spray bottle", "cleaning spray"),
    _model(fruit.strawberry, "train", "fruit", "red", 0.03, "red strawberry", "red berry"),
    _model(toys.toy_block, "train", "toy", "red", 0.05, "letter block", "wooden alphabet cube"),
    _model(toys.toy_car, "train", "toy", "red", 0.06, "little red car", "model car"),
    _model(drinks.bottle, "test", "drink", "green", 0.12, "green bottle", "bottle of juice"),
    _model(toys.chess_pawn, "test", "toy", "black", 0.03, "black pawn", "black chess piece"),
    _model(bakery.cupcake, "test", "baked good", "pink", 0.05, "pink cupcake", "muffin with icing"),
    _model(vegetables.eggplant, "test", "vegetable", "purple", 0.06, "aubergine", "purple vegetable"),
    _model(fruit.grapes, "test", "fruit", "purple", 0.055, "bunch of grapes", "purple grapes"),
    _model(groceries.jam_jar, "test", "packaged food", "red", 0.15, "jar of jam", "strawberry jam"),
    _model(vegetables.mushroom, "test", "vegetable", "brown", 0.03, "brown mushroom", "edible fungus"),
    _model(cleaning.sponge, "test", "cleaning item", "yellow", 0.02, "kitchen sponge", "dish sponge"),
    _model(toys.toy_brick, "test", "toy", "blue", 0.035, "blue building brick", "plastic brick with studs"),
    _model(tools.wrench, "test", "tool", "grey", 0.1, "spanner", "grey steel wrench"),
)

RECEPTACLES = (
    _model(paper.book, "train", "stationery", "red", 0.25, "red book", "book of fairy tales"),
    _model(boards.cutting_board, "train", "board", "green", 0.15, "chopping board", "green cutting board"),
    _model(tableware.plate, "train", "tableware", "white", 0.19, "white plate", "dish"),
    _model(containers.wooden_tray, "train", "tableware", "brown", 0.12, "tray", "wooden serving tray"),
    _model(cookware.baking_tray, "test", "cookware", "grey", 0.25, "baking sheet", "grey oven tray"),
    _model(containers.basket, "test", "container", "brown", 0.08, "wicker basket", "woven basket"),
    _model(tableware.bowl, "test", "tableware", "green", 0.2, "shallow bowl", "green bowl"),
    _model(tableware.cake_stand, "test", "tableware", "pink", 0.35, "pink cake stand", "stand for a cake"),
    _model(boards.chessboard, "test", "board", "brown", 0.2, "checkerboard", "wooden game board"),
    _model(boards.coaster, "test", "tableware", "brown", 0.06, "cork coaster", "round drink mat"),
    _model(containers.crate, "test", "container", "yellow", 0.15, "yellow crate", "plastic bottle crate"),
    _model(paper.envelope, "test", "stationery", "white", 0.05, "white envelope", "sealed letter"),
    _model(cookware.frying_pan, "test", "cookware", "black", 0.4, "pan", "skillet"),
    _model(cloths.napkin, "test", "cloth", "red", 0.04, "checked cloth", "folded serviette"),
    _model(paper.notepad, "test", "stationery", "yellow", 0.12, "yellow writing pad", "pad of lined paper"),
    _model(cookware.pie_dish, "test", "cookware", "orange", 0.3, "orange baking dish", "fluted pie dish"),
    _model(cloths.place_mat, "test", "cloth", "green", 0.05, "table mat", "green striped mat"),
    _model(containers.storage_box, "test", "container", "purple", 0.15, "purple box", "open plastic box"),
    _model(boards.tile, "test", "building material", "blue", 0.2, "ceramic tile", "painted tile"),
    _model(cloths.towel, "test", "cloth", "blue", 0.08, "folded towel", "blue hand towel"),
)

TABLES = _tables(
    "train",
    (table_stones.black_slate, 0.6),
    (table_sheets.blue_cutting_mat, 0.4),
    (table_woods.bamboo, 0.44),
    (table_cloths.blue_checked_cloth, 0.43),
    (table_stones.concrete, 0.8),
    (table_woods.cork, 0.3),
    (table_stones.grey_granite, 0.4),
    (table_woods.herringbone_parquet, 0.5),
    (table_cloths.linen, 0.25),
    (table_woods.oak_planks, 0.42),
    (table_cloths.red_striped_cloth, 0.4),
    (table_stones.terracotta_tiles, 0.5),
    (table_cloths.violet_damask, 0.4),
    (table_woods.walnut, 0.4),
    (table_stones.white_marble, 0.9),
    (table_sheets.yellow_formica, 0.5),
) + _tables(
    "test",
    (table_sheets.brushed_steel, 0.5),
    (table_cloths.green_felt, 0.4),
    (table_cloths.lace_cloth, 0.35),
    (table_stones.painted_tiles, 0.4),
    (table_sheets.quilted_leather, 0.3),
    (table_woods.rattan, 0.18),
    (table_stones.terrazzo, 0.35),
    (table_sheets.verdigris_copper, 0.6),
)

TEXTURES = _images(
    "train",
    texture_patterns.brick_wall,
    texture_patterns.candy_stripes,
    texture_patterns.checkerboard,
    texture_nature.cloudy_sky,
    texture_nature.pebbles,
    texture_patterns.polka_dots,
    texture_patterns.tartan,
    texture_nature.zebra_stripes,
) + _images(
    "test",
    texture_nature.bubbles,
    texture_nature.camouflage,
    texture_patterns.circuit_board,
    texture_patterns.concentric_circles,
    texture_paintings.confetti,
    texture_nature.daisies,
    texture_nature.fish_scales,
    texture_paintings.fractal,
    texture_patterns.hexagons,
    texture_nature.lava,
    texture_nature.leopard_spots,
    texture_paintings.low_poly,
    texture_patterns.maze,
    texture_patterns.rainbow_waves,
    texture_paintings.stained_glass,
    texture_paintings.swirl_paint,
)
