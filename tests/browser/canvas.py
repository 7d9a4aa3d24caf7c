"""What somebody does in the editor, whatever page it is in: build a workflow from nothing, run it, mend it, look."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

NODE = ".wf-root .react-flow__node"
SUCCEEDED = ".wf-node-badge[data-state=succeeded]"
TITLES = ("Manual trigger", "Set fields", "Split out", "Remove duplicates", "No operation")


class Canvas:
    """The one editor of a page.

    Parameters
    ----------
    page: it is in. within: a selector of what it is in.
    """

    def __init__(self, page: Page, within: str = "body") -> None:
        self.page = page
        self.root = page.locator(f"{within} .wf-root")

    @property
    def nodes(self) -> Locator:
        """All nodes that are in sight."""
        return self.root.locator(".react-flow__node")

    @property
    def panel(self) -> Locator:
        """The node that is open."""
        return self.root.locator(".wf-panel")

    def press(self, name: str) -> None:
        """Press a button."""
        self.root.get_by_role("button", name=name, exact=True).click()

    def add(self, title: str) -> None:
        """Add a node after the chosen one, by the keyboard; its panel is closed where it opens."""
        self.page.keyboard.press("Tab")
        self.root.get_by_role("combobox", name="Search nodes").fill(title)
        expect(self.root.get_by_role("option", name=title).first).to_be_visible()
        self.page.keyboard.press("Enter")
        expect(self.root.locator(f".react-flow__node.selected:has-text('{title}')")).to_have_count(1)
        self.close()

    def open(self, title: str) -> None:
        """Open a node."""
        self.root.locator(f".react-flow__node:has-text('{title}')").dblclick()
        expect(self.panel.get_by_role("heading", name=title, level=2)).to_be_visible()

    def close(self) -> None:
        """Close what is open."""
        if self.panel.count():
            self.press("Close the panel")
            expect(self.panel).to_have_count(0)

    def see_all(self, count: int) -> None:
        """Bring all nodes in sight: what is out of sight is not drawn."""
        self.root.get_by_role("button", name="Show everything").click()
        expect(self.nodes).to_have_count(count)

    def build(self) -> None:
        """Five nodes, from nothing; the third lacks what it needs."""
        self.root.get_by_role("button", name="Run it by hand").click()
        expect(self.nodes).to_have_count(1)
        self.add("Set fields")
        self.open("Set fields")
        self.press("Add field, or drag one here")
        self.panel.get_by_role("textbox", name="Name", exact=True).fill("rows")
        self.press("Use an expression for Value of rows")
        self.panel.get_by_role("textbox", name="Value of rows").fill("{{ [3, 1, 2] }}")
        expect(self.panel.get_by_role("status").filter(has_text="list")).to_be_visible()
        self.close()
        for title in TITLES[2:]:
            self.add(title)
        self.see_all(5)

    def run_and_mend(self) -> None:
        """Run it, be told what is wrong and where, mend that, run it again, see the data."""
        self.press("Run")
        self.press("Open the node")
        expect(self.panel.get_by_text("Parameter 'fields' is required.").first).to_be_visible()
        self.panel.get_by_role("button", name="Add field", exact=True).click()
        self.panel.get_by_role("textbox", name="Fields 1").fill("rows")
        self.close()
        self.press("Run")
        expect(self.root.locator(SUCCEEDED)).to_have_count(5)
        self.open("No operation")
        expect(self.panel.get_by_role("region", name="Output")).to_contain_text("3 items")
        self.close()

    def undo_a_deletion(self) -> None:
        """Delete a node by mistake, and take that back."""
        self.root.locator(".react-flow__node:has-text('Remove duplicates')").click()
        self.page.keyboard.press("Delete")
        expect(self.nodes).to_have_count(4)
        self.page.keyboard.press("Control+z")
        expect(self.nodes).to_have_count(5)

    def publish(self) -> None:
        """Publish it."""
        self.press("Publish")
        drawer = self.root.locator(".wf-drawer")
        drawer.get_by_role("button", name="Publish the draft").click()
        expect(drawer.get_by_text("Published,").first).to_be_visible()
