"""The page in a browser: no error, no request, tables that sort and filter, no scrolling sideways on a phone."""

import browser
import made_predictions
import pytest
from made_run import HARM, MadeRun
from PIL import Image
from test_report_sections import laid_out

from conclugen.evaluation import layout

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.PROGRAM is None, reason="needs Chromium on the path"),
]
SORT = """
const table = page.getElementById("t-made"), heading = table.tHead.rows[0].cells[2];
const button = heading.querySelector("button");
const column = () => [...table.tBodies[0].rows].map((row) => row.cells[2].dataset.sort);
const found = { first: column() };
button.click(); found.down = column(); found.said = heading.getAttribute("aria-sort");
button.click(); found.up = column();
button.click(); found.last = column();
table.tHead.rows[0].cells[3].querySelector("button").click();
found.empty = [...table.tBodies[0].rows].map((row) => row.cells[3].dataset.sort ?? "");
return found;
"""
FILTER = """
const tools = page.querySelector(".tools[data-for=t-made]"), rows = [...page.getElementById("t-made").tBodies[0].rows];
const shown = () => rows.filter((row) => !row.hidden).map((row) => row.dataset.kind);
const input = (field) => field.dispatchEvent(new view.Event("input", { bubbles: true }));
const found = { all: shown(), visible: !tools.hidden };
for (const tick of tools.querySelectorAll("input[type=checkbox]")) {
  if (tick.value !== "method") { tick.checked = false; input(tick); }
}
found.methods = shown();
const search = tools.querySelector("input[type=search]");
search.value = "congen"; input(search);
found.named = shown(); found.said = tools.querySelector("output").textContent;
return found;
"""
WIDTH = """
const wide = [...page.querySelectorAll("body *")].filter((one) => {
  return one.getBoundingClientRect().right > view.innerWidth + 1 && !one.closest(".scroll, nav, pre, .matrices");
});
const named = wide.map((one) => one.className || one.tagName);
return { page: page.documentElement.scrollWidth, view: view.innerWidth, wide: named };
"""
HARMED = "return { ran: view.ran ?? null, text: page.body.textContent.includes('<' + 'script>alert(1)<') };"


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    made = MadeRun(tmp_path_factory.mktemp("run"))
    made.account()
    made.train()
    more = {"--maps": made.folder / "made.npz", "--crops": made.folder / "made.jpg"}
    layout.write(more["--maps"], laid_out())
    Image.new("RGB", (800, 60)).save(more["--crops"])
    text = made.write_page(more={flag: [path] for flag, path in more.items()})
    assert text.count('class="plot map"') == 6
    return text


def quiet(page, script, folder, width=1280):
    """What the script returns, of a page that asks for nothing and says nothing."""
    found, asked, console = browser.driven(page, script, folder, width)
    assert "error" not in found, found
    assert asked == ["/drive.html", "/page.html"]
    assert found.pop("resources") == []
    assert console == ""
    return found


def test_tables_sort_down_up_and_back(text, tmp_path):
    found = quiet(text, SORT, tmp_path)
    numbers = [float(one) for one in found["first"]]
    assert [float(one) for one in found["down"]] == sorted(numbers, reverse=True)
    assert [float(one) for one in found["up"]] == sorted(numbers)
    assert found["last"] == found["first"]
    assert found["said"] == "descending"
    compared = [one for one in found["empty"] if one]
    assert found["empty"][: len(compared)] == compared  # what has no value stays below
    assert len(compared) == 2


def test_tables_show_what_a_filter_names(text, tmp_path):
    found = quiet(text, FILTER, tmp_path)
    assert found["visible"]
    assert set(found["all"]) == {"method", "raw", "control", "chance"}
    assert found["methods"] == ["method", "method"]
    assert found["named"] == ["method"]
    assert found["said"] == f"1 of {len(found['all'])} rows"


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_but_tables_is_wider_than_the_screen(text, tmp_path, width):
    found = quiet(text, WIDTH, tmp_path, width)
    assert found["view"] <= width
    assert found["wide"] == []
    assert found["page"] <= found["view"]


def test_markup_in_names_does_not_run(tmp_path, monkeypatch):
    harm = "<img src=x onerror=window.ran=1>"
    monkeypatch.setattr(made_predictions, "CLASSES", (HARM, harm, "anger"))
    made = MadeRun(tmp_path / "run")
    made.account(reason=harm)
    made.train(cause=harm)
    assert quiet(made.write_page(), HARMED, tmp_path) == {"ran": None, "text": True}


def test_the_policy_keeps_any_other_script_from_running(text, tmp_path):
    """What would happen if a name got through: the page's own policy stops it, and the console says so."""
    harmed = text.replace("</main>", "<script>window.ran = 1</script></main>")
    found, _, console = browser.driven(harmed, HARMED, tmp_path)
    assert found["ran"] is None
    assert "Content Security Policy" in console
