"""The page in a real browser, driven as a person would: the whole “try this” list, on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.actions.try_list import SCAM, TO_TRY

pytest.importorskip("playwright", reason="Playwright is not installed: pip install --group tests")

from playwright.async_api import expect

ALL = len(TO_TRY)


async def test_the_whole_list_ticks_itself(open_page: Any) -> None:
    """A scam is posted and dismissed, a rule is written, a member warned, their appeal sent, a raid faced."""
    async with open_page() as opened:
        page, room = opened.page, opened.room
        await expect(page.locator("#try-count")).to_have_text(f"0 of {ALL} done")
        await opened.post(SCAM)
        await expect(opened.done("scam")).to_have_count(1)
        await expect(page.locator("#messages")).to_contain_text("Case 6")  # the other side, by itself

        await page.locator("#switch").click()
        await expect(page.locator("#room")).to_have_value("mod-desk")
        await expect(page.locator("#person")).to_have_value("omar")
        await room.get_by_role("button", name="Not a violation").last.click()
        await expect(opened.done("dismiss")).to_have_count(1)

        await page.locator("#tab-policy").click()
        await expect(page.locator("#sentence-answers li").first).to_have_class("violation")
        text = await page.locator("#policy-text").input_value()
        await page.locator("#policy-text").fill(text.replace("what a trailer shows; ", ""))
        await page.locator("#publish").click()
        await expect(opened.done("rule")).to_have_count(1)
        await expect(page.locator("#policy-version")).to_have_text("v2 in force")

        await room.get_by_role("button", name="Act…").nth(-2).click()
        await room.get_by_role("radio", name="Time out").check()
        await room.get_by_role("button", name="Submit").click()
        await expect(opened.done("act")).to_have_count(1)

        await page.locator('li[data-key="appeal"] button').click()
        await expect(page.locator("#room")).to_have_value("dm-nova")
        await expect(page.locator("#aside")).to_be_visible()  # instead of the editor
        await expect(page.locator("#aside-room")).to_have_value("mod-desk")
        await room.get_by_role("button", name="Appeal").click()
        await expect(room.locator("#modal-root textarea").first).to_be_visible()
        for field in await room.locator("#modal-root textarea").all():
            await field.fill("I only quoted it to warn the others.")
        await room.get_by_role("button", name="Submit").click()
        await expect(opened.done("appeal")).to_have_count(1)

        await page.locator('li[data-key="raid"] button').click()
        await expect(opened.done("raid")).to_have_count(1)
        await expect(page.locator("#try-count")).to_have_text(f"{ALL} of {ALL} done")
        await expect(page.locator("#room")).to_have_value("mod-desk")
        await expect(room.locator("#channel-message-list")).to_contain_text("Many members at once")
        server = opened.box.simulation
        nova = server.env.backend.get_guild(server.guild.id).members[server.people["nova"].id]
        assert nova.timed_out_until is not None


async def test_what_the_model_reads_and_the_menus_of_discord(open_page: Any) -> None:
    """The menu of a message shows the prompt in colours with its verdict, and the bot's own commands work."""
    async with open_page() as opened:
        page, sheet = opened.page, opened.page.locator("#sheet")
        await page.select_option("#person", "omar")
        await page.select_option("#aside-room", "general")
        last = page.locator("#messages .more").last
        await expect(page.locator("#messages .author").last).to_have_text("Nova")
        await last.click()
        await page.get_by_role("button", name="What the model reads").click()
        await expect(sheet.locator(".outcome")).to_contain_text("Breaks a rule")
        await expect(sheet.locator(".facts")).to_contain_text("No model: the policy’s own examples")
        await expect(sheet).to_contain_text("Counts are estimated from the length")
        await expect(sheet).to_contain_text("About")
        await expect(sheet.locator(".segment.content")).to_contain_text("FREE NITRO")
        await expect(sheet.locator(".segment.context").last).to_contain_text("今夜の映画")
        await expect(sheet.locator(".control").first).to_have_text("start")
        await page.keyboard.press("Escape")
        await expect(last).to_be_focused()
        for name, answer in (
            ("Check against policy", "violation of R1"),
            ("Check this conversation", "No policy in force has rules about conversations"),
            ("Test draft", "No policy in this server has a draft"),
            ("Moderation history", "1 case"),
            ("Report to moderators", "The moderators can see your report"),
        ):
            await last.click()
            await page.locator("#menu").get_by_role("button", name=name).click()
            await expect(sheet).to_contain_text(answer)
            await page.keyboard.press("Escape")
            await expect(sheet).not_to_be_visible()


async def test_members_have_fewer_commands(open_page: Any) -> None:
    """Ana is offered the report only, and nothing in a room that she could not see."""
    async with open_page() as opened:
        page, menu = opened.page, opened.page.locator("#menu")
        await expect(page.locator("#aside-note")).to_contain_text("Ana can’t see this room")
        await page.locator("#messages .more").last.click()
        await expect(menu.get_by_role("button")).to_have_count(1)
        await page.keyboard.press("Escape")
        await page.select_option("#aside-room", "film-club")
        await expect(page.locator("#messages .author").first).to_have_text("Ben")
        await page.locator("#messages .more").first.click()
        await expect(menu.get_by_role("button", name="Report to moderators")).to_be_visible()
        await expect(menu.get_by_role("button")).to_have_count(2)


async def test_hostile_words_stay_words(open_page: Any) -> None:
    """Markup in a message makes no element on the page, in the column, in a card or in the prompt."""
    hostile = "the killer is the butler <img src=x onerror='document.title=1'> [x](javascript:1) <script>1</script>"
    async with open_page() as opened:
        page = opened.page
        await opened.post(hostile)
        await expect(page.locator("#messages")).to_contain_text("<script>1</script>")
        await page.select_option("#person", "mira")
        await page.select_option("#aside-room", "general")
        await expect(page.locator("#messages .author").last).to_have_text("Ana")
        await expect(page.locator("#messages .message").last).to_contain_text("onerror")
        await page.locator("#messages .more").last.click()
        await page.get_by_role("button", name="What the model reads").click()
        await expect(page.locator(".segment.content")).to_contain_text("onerror")
        assert await page.locator(":is(#messages, .prompt) :is(img, script, a)").count() == 0
        assert await page.title() != "1"


async def test_rooms_can_be_changed_in_quick_succession(open_page: Any) -> None:
    """Before a room is loaded, the next one is chosen, several times: the last one is there in the end."""
    async with open_page() as opened:
        page = opened.page
        for person in ("omar", "mira", "nova", "omar", "ana"):
            await page.select_option("#person", person)
        await page.select_option("#room", "film-club")
        await expect(page.locator("#room")).to_have_value("film-club")
        await expect(opened.room.locator("#channel-name")).to_have_text("film-club")
        await expect(opened.room.locator("#channel-composer-input")).to_be_visible()


async def test_an_older_tab_acts_no_longer(open_page: Any) -> None:
    """It says that another one took over, holds no room, and offers to reload, which takes over in turn."""
    async with open_page() as opened:
        page = opened.page
        newer = await opened.second_tab()
        await expect(newer.locator("#frame")).to_be_visible()
        await expect(page.locator("#over")).to_contain_text("Another tab has taken over")
        await expect(page.locator("#frame")).not_to_be_visible()
        await expect(page.locator("#over-reload")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("#frame")).to_be_visible()
        await expect(newer.locator("#over")).to_contain_text("Another tab has taken over")


async def test_time_passes_and_the_server_starts_afresh(open_page: Any) -> None:
    """An hour passes on the clock with all scheduled work done; a reset throws everything away."""
    async with open_page() as opened:
        page = opened.page
        await opened.post(SCAM)
        await expect(opened.done("scam")).to_have_count(1)
        await page.locator("#hour").click()
        await expect(page.locator("#clock")).to_contain_text("(+1 h)")
        await expect(page.locator("#toast")).to_have_text("An hour passed, and all scheduled work ran.")
        await page.locator("#reset").click()
        await expect(page.locator("#frame-wait")).to_be_visible()
        await expect(page.locator("#toast")).to_have_text("A fresh server is ready.")
        await expect(page.locator("#frame")).to_be_visible()
        await expect(page.locator("#try-count")).to_have_text(f"0 of {ALL} done")
        await expect(page.locator("#clock")).not_to_contain_text("+1 h")
        await expect(opened.room.locator("#channel-message-list")).to_contain_text("FREE NITRO")
        await expect(opened.room.locator("#channel-message-list")).not_to_contain_text(SCAM)


async def test_a_new_policy_is_written_with_help(open_page: Any) -> None:
    """Errors are shown while one types and lead to their line, no text with errors is published, none gets lost."""
    async with open_page() as opened:
        page = opened.page
        await page.locator("#tab-policy").click()
        await expect(page.locator("#policy-version")).to_have_text("v1 in force")
        text = await page.locator("#policy-text").input_value()
        await page.locator("#policy-text").fill(f"{text}\nOne more line.")
        await expect(page.locator("#policy-version")).to_have_text("v1 in force, changed here")
        await page.select_option("#policy-pick", " new")
        await page.locator("#policy-text").fill("# Nothing but a title")
        await page.select_option("#policy-pick", "Spoilers")
        await expect(page.locator("#policy-text")).to_have_value(f"{text}\nOne more line.")
        await page.select_option("#policy-pick", " new")
        await expect(page.locator("#lint-summary")).to_contain_text("Cannot be judged yet")
        await page.reload()
        await page.locator("#tab-policy").click()
        await expect(page.locator("#policy-text")).to_have_value(f"{text}\nOne more line.")
        await page.select_option("#policy-pick", " new")
        await page.locator("#findings .line").first.click()
        await expect(page.locator("#policy-text")).to_be_focused()
        await page.locator("#publish").click()
        await expect(page.locator("#publish-answer")).to_have_text("Give the policy a name.")
        await page.locator("#policy-name").fill("No shouting")
        await page.locator("#publish").click()
        await expect(page.locator("#publish-answer")).to_contain_text("“No shouting” was not published.")
        await expect(opened.done("rule")).to_have_count(0)
        assert "line 1" in (await page.locator("#publish-answer").inner_text()).lower()
