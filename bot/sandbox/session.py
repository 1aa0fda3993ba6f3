"""The session of the active page: its person, their room, and everything that it shows.

Only the newest tab can act. Opening another one takes over, and the older tab is told so: two tabs acting on one
Preview would show each other's changes.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.actions.try_list import TO_TRY, TryList
from bot.sandbox.frame.room_frame import RoomFrame
from bot.sandbox.views.messages import messages_in, names_of
from bot.sandbox.views.model import ModelView
from bot.sandbox.world.errors import BadRequest, Gone
from bot.sandbox.world.places import PEOPLE, ROOMS, Whereabouts, person, room
from bot.sandbox.world.world import World
from bot.simulation import story as scene
from bot.simulation.simulated_server import Simulation

OLDER_TAB = "Another tab has taken over. Reload this page to go on here."
_NO_SUCH_PLACE = "There is no such person or room."


class Session:
    """The state of the current tab."""

    def __init__(self, world: World, frame: RoomFrame, model: ModelView) -> None:
        self.world = world
        self.frame = frame
        self.model = model
        self.tab = 0  #: the number of the newest tab
        self.at = Whereabouts()
        self.moves = 0  #: grows whenever `at` changes, so that the page recognises an outdated state
        self._tries = TryList()
        self._seen_in_room = ""
        world.subscribe(on_ready=self._begin, on_end=frame.close)

    def require(self, tab: int) -> None:
        """Make sure that the request is from the newest tab.

        Raises:
            Gone: there is a newer tab.
        """
        if tab != self.tab:
            raise Gone(OLDER_TAB)

    async def open_tab(self) -> int:
        """A tab was opened and takes over. Returns its number."""
        self.tab += 1
        if self.world.is_ready:
            await self.world.do(self._enter)
        return self.tab

    async def enter(self, person_key: str, room_key: str) -> None:
        """Become a person in a room.

        Raises:
            BadRequest: there is no such person or room.
        """
        await self._move(lambda: self.at.entering(person_key, room_key))

    async def switch(self) -> None:
        """Switch to the other side."""
        await self._move(self.at.switched)

    async def look_at(self, room_key: str) -> None:
        """Show another room next to the current one.

        Raises:
            BadRequest: there is no such room.
        """
        self.at = self.at.looking_at(self.room_named(room_key))
        self.moves += 1

    @staticmethod
    def room_named(key: str) -> str:
        """The key of a room named by the page.

        Raises:
            BadRequest: there is no such room.
        """
        try:
            return room(key).key
        except KeyError:
            raise BadRequest(_NO_SUCH_PLACE) from None

    async def state(self) -> dict[str, Any]:
        """The state that changes."""
        if not self.world.is_ready:
            return {"tab": self.tab, "ready": False}
        return await self.world.do(self._state)

    def fixed(self) -> dict[str, Any]:
        """The state that doesn't change while the sandbox runs."""
        who = self.world.who
        return {
            "server": scene.SERVER,
            "judge": who.introduction,
            "lite": who.is_lite,
            "people": [
                {"key": each.key, "name": each.name, "role": each.role, "side": each.side.value} for each in PEOPLE
            ],
            "rooms": [{"key": each.key, "name": each.name, "people": each.people} for each in ROOMS],
            "toTry": [
                {
                    "key": each.key,
                    "title": each.title,
                    "how": each.how,
                    "person": each.person,
                    "room": each.room,
                    "text": each.text,
                    "opens": each.opens,
                    "does": each.does,
                }
                for each in TO_TRY
            ],
        }

    async def _move(self, to: Any) -> None:
        try:
            self.at = to()
        except KeyError:
            raise BadRequest(_NO_SUCH_PLACE) from None
        self.moves += 1
        await self.world.do(self._enter)

    async def _enter(self, simulation: Simulation) -> None:
        await self.frame.open(simulation, self.at)

    async def _begin(self, simulation: Simulation) -> None:
        self.at = Whereabouts()
        self.moves += 1
        await self._tries.begin(simulation)
        await self._enter(simulation)

    async def _state(self, simulation: Simulation) -> dict[str, Any]:
        await self._refresh(simulation)
        services, guild_id = simulation.bot.services, simulation.guild.id
        tally, at = services.tally, self.at
        patient = simulation.patient
        return {
            "tab": self.tab,
            "ready": True,
            "round": self.world.round,
            "frame": {"number": self.frame.number, "secret": self.frame.secret},
            "at": {
                "moves": self.moves,
                "person": at.person,
                "room": at.room,
                "aside": at.aside,
                "aside_read_only": at.person not in room(at.aside).people,
                "side": person(at.person).side.value,
            },
            "clock": simulation.clock.now().replace(second=0, microsecond=0).isoformat(),
            "ahead_hours": round(simulation.clock.ahead.total_seconds() / 3600),
            "queue": {
                "judging": services.intake.marks.count_under_way(guild_id),
                "thinking": bool(patient and not patient.is_idle),
                "cards_waiting": await services.cards.count_waiting(guild_id),
                "seen": tally.seen,
                "cards": tally.cards,
            },
            "messages": messages_in(simulation, at.aside),
            "names": names_of(simulation),
            "done": sorted(await self._tries.look(simulation)),
        }

    async def _refresh(self, simulation: Simulation) -> None:
        """Refresh the Preview with what others and the bot did."""
        now = repr(messages_in(simulation, self.at.room))
        if now != self._seen_in_room:
            self._seen_in_room = now
            await self.frame.refresh(simulation)
