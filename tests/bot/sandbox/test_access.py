"""The page for everybody: without a mouse, on a phone, in light and dark, and by axe-core's rules."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.actions.try_list import SCAM

pytest.importorskip("playwright", reason="Playwright is not installed: pip install --group tests")
pytest.importorskip("axe_playwright_python", reason="axe is not installed: pip install --group tests")

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

MOST_STEPS = 80


async def tab_to(page: Any, selector: str, *, back: bool = False) -> None:
    """Press Tab until this has the focus."""
    wanted = page.locator(selector).first
    for _ in range(MOST_STEPS):
        if await wanted.evaluate("node => node === document.activeElement"):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


async def tab_into_room(opened: Any, selector: str) -> None:
    """Press Tab until something inside the room has the focus."""
    await tab_to(opened.page, "#frame")
    wanted = opened.room.locator(selector).first
    for _ in range(MOST_STEPS):
        if await wanted.evaluate("node => node === document.activeElement"):
            return
        await opened.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


async def serious(page: Any) -> list[str]:
    """What axe-core finds that shuts people out."""
    found = (await Axe().run(page, options={"iframes": False})).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


async def test_everything_is_done_without_a_mouse(open_page: Any) -> None:
    """A scam is posted, the other side is entered, a card dismissed, a prompt read and a rule published by keys."""
    async with open_page() as opened:
        page, keys = opened.page, opened.page.keyboard
        await tab_into_room(opened, "#channel-composer-input")
        await keys.type(SCAM)
        await keys.press("Enter")
        await expect(opened.done("scam")).to_have_count(1)

        await tab_to(page, "#switch", back=True)
        await keys.press("Enter")
        await expect(page.locator("#room")).to_have_value("mod-desk")
        button = opened.room.get_by_role("button", name="Not a violation").last
        await expect(button).to_be_visible()
        await page.locator("#frame").focus()
        for _ in range(MOST_STEPS):
            if await button.evaluate("node => node === document.activeElement"):
                break
            await keys.press("Tab")
        await keys.press("Enter")
        await expect(opened.done("dismiss")).to_have_count(1)

        await tab_to(page, "#messages .more")
        await keys.press("Enter")
        await expect(page.locator("#menu button").first).to_be_focused()
        await keys.press("ArrowDown")
        await expect(page.locator("#menu button").nth(1)).to_be_focused()
        await keys.press("ArrowUp")
        await keys.press("Enter")
        await expect(page.locator(".prompt")).to_be_visible()
        await keys.press("Escape")
        await expect(page.locator("#messages .more").first).to_be_focused()

        await tab_to(page, "#tab-aside", back=True)
        await keys.press("ArrowRight")
        await expect(page.locator("#tab-policy")).to_be_focused()
        await tab_to(page, "#policy-text")
        await keys.press("Control+End")
        await keys.type("Ask the moderators when in doubt.")
        await tab_to(page, "#publish", back=True)
        await keys.press("Enter")
        await expect(opened.done("rule")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_nobody_is_shut_out(open_page: Any, scheme: str, width: int, height: int) -> None:
    """axe-core finds nothing serious in any panel, and nothing hangs over the edge of the window."""
    async with open_page(width=width, height=height, scheme=scheme) as opened:
        page, narrow = opened.page, width < 900
        found = await serious(page)
        for view in ("try", "aside", "policy"):
            if narrow or view != "try":
                await page.locator(f"#view-{view}" if narrow else f"#tab-{view}").click()
            await expect(page.locator("#try" if view == "try" else f"#{view}")).to_be_visible()
            found += await serious(page)
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.locator("#view-aside" if narrow else "#tab-aside").click()
        await page.locator("#messages .more").last.click()
        found += await serious(page)
        await page.locator("#menu button").first.click()
        await expect(page.locator("#sheet")).to_be_visible()
        await expect(page.locator("#sheet-body")).not_to_contain_text("Asking the judge")
        found += await serious(page)
        assert found == []


async def test_both_sides_on_a_phone(open_page: Any) -> None:
    """One part at a time: post in the room, see the card on the other side, go there and dismiss it."""
    async with open_page(width=390, height=844, scheme="dark") as opened:
        page = opened.page
        await opened.post(SCAM)
        await page.locator("#view-try").click()
        await expect(opened.done("scam")).to_be_visible()
        await page.locator("#view-aside").click()
        await expect(page.locator("#messages .message").last).to_contain_text("Case 6")
        await page.locator("#view-here").click()
        await page.locator("#switch").click()
        await expect(page.locator("#room")).to_have_value("mod-desk")
        await opened.room.get_by_role("button", name="Not a violation").last.click()
        await expect(opened.done("dismiss")).to_have_count(1)
