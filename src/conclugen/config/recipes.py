"""Pretraining recipes of one's own, and what can be wrong with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from conclugen.config.errors import allowed_names
from conclugen.config.types import Modalities, Name, Section
from conclugen.downstream.protocols import FUSIONS
from conclugen.pretrain.methods import (
    CLUSTERED,
    LOSSES,
    MODALITIES,
    OTHERS,
    WEIGHT_DECAY,
    Recipe,
    clashes,
    least_modalities,
)
from conclugen.pretrain.rivals import SHIPPED
from conclugen.pretrain.unlearned import CONTROLS, RAW
from conclugen.store.keys import Above0

if TYPE_CHECKING:
    from conclugen.config import Config


class OwnRecipe(Section):
    """A method of your own: its losses and modalities, or the method whose networks it judges on fewer modalities.

    Attributes:
        losses: of `mms`, `clustering`, `reconstruction`, and `infonce` (of the streams of `features.views` alone), and
            those of rivals, `clip`, `pairwise`, `vicreg`, `barlow`, `masked`, `shared`; they are added up.
        modalities: by modality, any streams, such as `modalities: {face: [frames2d], words: [text]}`; null:
            those of `modalities`.
        evaluate: the modalities that tables judge it on; null: all that it is pretrained on.
        learning_rate: null: that of `pretrain`.
        weight_decay: null: that of `pretrain`.
        pretrained_as: the method whose networks it uses, in place of losses; `evaluate` then says on which modalities
            they are judged here.
    """

    losses: list[str] = []
    modalities: Modalities | None = None
    evaluate: Annotated[list[Name], Field(min_length=1)] | None = None
    learning_rate: Above0 | None = None
    weight_decay: float | None = None
    pretrained_as: str | None = None


def recipe(config: Config, method: str) -> Recipe:
    """Return the recipe of a method, shipped or the configuration's own, with the rate and decay it is trained with.

    What the recipe itself says comes before what `pretrain` says of all methods, and that before the paper's.
    """
    entry, section = config.pretrain.recipes.get(method), config.pretrain
    if entry is not None and entry.pretrained_as is not None:
        return dataclasses.replace(
            recipe(config, entry.pretrained_as),
            row=method,
            pretrained_as=entry.pretrained_as,
            evaluate=entry.evaluate and tuple(entry.evaluate),
        )
    base = SHIPPED[method] if entry is None else _recipe(config, method, entry)
    rates = entry or OwnRecipe()
    decays = (rates.weight_decay, section.weight_decay, base.weight_decay)
    return dataclasses.replace(
        base,
        learning_rate=rates.learning_rate or section.learning_rate or base.learning_rate,
        weight_decay=next(value for value in decays if value is not None),
    )


def _recipe(config: Config, name: str, entry: OwnRecipe) -> Recipe:
    joined = config.modalities if entry.modalities is None else entry.modalities
    return Recipe(
        row=name,
        losses=tuple(entry.losses),
        learning_rate=CLUSTERED if "clustering" in entry.losses else OTHERS,
        modalities=tuple(joined),
        weight_decay=WEIGHT_DECAY,
        streams={modality: tuple(streams) for modality, streams in joined.items()},
        others=False,
        evaluate=entry.evaluate and tuple(entry.evaluate),
    )


def modality_names(config: Config, chosen: Recipe) -> list[str]:
    """Return the modalities that a recipe is pretrained on: its own, of a shipped one those that are there, then, where
    it takes them in, those of the configuration beyond the paper's."""
    others = [name for name in config.modalities if name not in MODALITIES] if chosen.others else []
    fixed = chosen.streams is not None or chosen.views
    return [name for name in chosen.modalities if fixed or name in config.modalities] + others


def known_methods(config: Config) -> list[str]:
    """Return the names of all methods, shipped and the configuration's own."""
    return [*SHIPPED, *config.pretrain.recipes]


def trained_recipes(config: Config) -> list[str]:
    """Return the recipes of one's own that methods name, or whose networks such a recipe uses."""
    recipes = config.pretrain.recipes
    named = [name for name in config.pretrain.methods if name in recipes]
    return list(
        dict.fromkeys([*named, *(lender for name in named if (lender := recipes[name].pretrained_as) in recipes)])
    )


def recipe_mistakes(config: Config, names: Iterable[str]) -> list[str]:
    """Return a line for each mistake in these recipes of one's own: the key, what is wrong, how to mend it."""
    return [
        f"pretrain.recipes.{name}{mistake}"
        for name in names
        for mistake in _mistakes(config, name, config.pretrain.recipes[name])
    ]


def raw_row_mistakes(config: Config) -> list[str]:
    """Return a line for each raw row of the configuration's own that is called like another row."""
    return [
        f"downstream.raw_rows.{name}: this name is taken by a method or a control; choose another"
        for name in config.downstream.raw_rows
        if name in (*known_methods(config), *CONTROLS, *FUSIONS) or name.startswith(RAW)
    ]


def _mistakes(config: Config, name: str, entry: OwnRecipe) -> Iterator[str]:
    if name in SHIPPED:
        yield f": {name!r} is the name of a shipped method; choose another"
    if name.startswith(RAW):
        yield f": names that start with {RAW} are those of controls; choose another"
    if name in CONTROLS:
        yield f": {name!r} is the name of a control; choose another"
    if name in FUSIONS:
        yield f": {name!r} is the name of a way to fuse modalities; choose another"
    mistakes = list(
        _borrowed_mistakes(config, name, entry) if entry.pretrained_as else _loss_mistakes(config, name, entry)
    )
    yield from mistakes
    if entry.evaluate and name not in SHIPPED and not mistakes:
        judged = modality_names(config, recipe(config, name))
        yield from (
            f".evaluate: {modality!r} is no modality of it; {allowed_names(modality, judged)}"
            for modality in entry.evaluate
            if modality not in judged
        )


def _borrowed_mistakes(config: Config, name: str, entry: OwnRecipe) -> Iterator[str]:
    """Of a recipe that uses the networks of another method."""
    recipes = config.pretrain.recipes
    borrowing = {n for n, recipe in recipes.items() if recipe.pretrained_as} | {
        n for n, r in SHIPPED.items() if r.pretrained_as
    }
    allowed = [n for n in known_methods(config) if n not in borrowing]
    if entry.pretrained_as not in allowed:
        lender = str(entry.pretrained_as)
        yield f".pretrained_as: {lender!r} is no method with networks of its own; {allowed_names(lender, allowed)}"
    for key in ("losses", "modalities", "learning_rate", "weight_decay"):
        if getattr(entry, key):
            yield f".{key}: the networks are those of {entry.pretrained_as}, so this key changes nothing; leave it out"
    if not entry.evaluate:
        yield f".evaluate: missing; name the modalities on which {entry.pretrained_as} is judged here"


def _loss_mistakes(config: Config, name: str, entry: OwnRecipe) -> Iterator[str]:
    """Of a recipe that is pretrained."""
    joined = config.modalities if entry.modalities is None else entry.modalities
    if not entry.losses:
        yield (
            f".losses: empty, so it trains nothing; name some of {', '.join(LOSSES)}, or, as pretrained_as, the method "
            "whose networks it uses"
        )
    for loss in entry.losses:
        if loss not in LOSSES:
            yield f".losses: {loss!r} is unknown; {allowed_names(loss, LOSSES)}"
    if entry.losses == ["clustering"]:
        yield ".losses: clustering alone has nothing to train with before the first k-means; add mms or reconstruction"
    known = [loss for loss in entry.losses if loss in LOSSES]
    if len(joined) < least_modalities(known):
        several = next(loss for loss in known if LOSSES[loss].modalities > 1)
        yield (
            f".losses: {several} compares modalities, and there is only {', '.join(joined)}; name more, or leave "
            f"{several} out"
        )
    for head, others in clashes(known).items():
        yield f".losses: {' and '.join(others)} cannot go together: each uses the head {head} in a way of its own"
    if "infonce" in entry.losses:
        copied = config.features.views.streams
        for stream in dict.fromkeys(stream for streams in joined.values() for stream in streams):
            if stream not in copied:
                yield (
                    f".modalities: infonce compares augmented copies of clips, and {stream!r} has none; "
                    f"features.views.streams names {', '.join(copied)}"
                )
