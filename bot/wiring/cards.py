"""Builds the faces of cards, and the service that posts them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.moderation.cards.board import CardBoard
from bot.moderation.cards.faces import Faces, RuleWording
from bot.moderation.cards.further_messages import FurtherMessages
from bot.moderation.cards.posting import CardPosting, CardStores, CardTiming
from bot.moderation.cases.case_file import CaseFiles
from bot.moderation.lookups.numbers.score_words import ScoreWords
from bot.moderation.members.face_source import MemberFaceSource
from bot.moderation.mending.offers import OfferFaceSource
from bot.moderation.messages.intake import Tally
from bot.moderation.pictures.face_source import PictureFaceSource
from bot.wiring.decision_aids import DecisionAids
from bot.wiring.stores import Stores


def loop_time() -> float:
    """The event loop's clock, which its sleeps use."""
    return asyncio.get_running_loop().time()


def build_faces(
    stores: Stores,
    files: CaseFiles,
    aids: DecisionAids,
    *,
    now: Callable[[], datetime],
    clock: Callable[[], float],
) -> Faces:
    """Build the faces of cards with all their sources."""
    return Faces(
        cases=stores.cases,
        actions=stores.actions,
        notes=stores.notes,
        servers=stores.servers,
        now=now,
        sources=(
            RuleWording(files),
            MemberFaceSource(notices=stores.notices, appeals=stores.appeals, reports=stores.reports),
            FurtherMessages(stores.messages),
            OfferFaceSource(stores.edit_offers),
            ScoreWords(stores.decided_scores, clock),
            aids.precedents,
            PictureFaceSource(stores.pictures, stores.cases),
            aids.shield,
        ),
    )


def build_cards(
    stores: Stores, faces: Faces, board: CardBoard, *, tally: Tally, now: Callable[[], datetime]
) -> CardPosting:
    """Build the service that posts cards and keeps them up to date."""
    return CardPosting(
        board=board,
        faces=faces,
        stores=CardStores(
            cases=stores.cases,
            servers=stores.servers,
            options=stores.options,
            groups=stores.groups,
            controls=stores.raid_controls,
        ),
        tally=tally,
        timing=CardTiming(now=now, clock=loop_time),
    )
