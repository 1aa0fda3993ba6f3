"""Builds the picture checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.moderation.cards.posting import CardPosting
from bot.moderation.cases.further_messages import Opening
from bot.moderation.judging.pipeline import Pipeline
from bot.moderation.members.reporting import Reporting
from bot.moderation.pictures.picture import PictureSource, PictureStore
from bot.moderation.pictures.watch import PictureStores, PictureWatch, Sight
from bot.pictures.reader import PillowReader
from bot.wiring.stores import Stores


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureServices:
    """The picture checks and their store."""

    watch: PictureWatch
    kept: PictureStore

    def told_by(self, pipeline: Pipeline, reporting: Reporting) -> PictureServices:
        """Subscribe to pictures, and return itself."""
        pipeline.subscribe_to_pictures(self.watch)
        reporting.subscribe(self.watch.reported)
        return self


def build_pictures(
    stores: Stores, source: PictureSource, *, opening: Opening, cards: CardPosting, clock: Callable[[], float]
) -> PictureServices:
    """Build the services. Reads and writes nothing."""
    watch = PictureWatch(
        PictureStores(pictures=stores.pictures, cases=stores.cases, options=stores.options),
        sight=Sight(source=source, reader=PillowReader()),
        opening=opening,
        cards=cards,
        clock=clock,
    )
    return PictureServices(watch=watch, kept=stores.pictures)
