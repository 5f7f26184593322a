"""The slides: which sentence, picture and question stands on which slide, and that a room can read all of them."""

from __future__ import annotations

import nbformat
import pytest
from bookpage import visiting
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from osnet_edu.book import deck

PROJECTOR = {"width": 1280, "height": 720}
VIEW = "application/vnd.jupyter.widget-view+json"


def slides(*cells: nbformat.NotebookNode, told: dict | None = None) -> list[deck.Slide]:
    """The slides of a lesson whose first two cells are as in every lesson."""
    title = new_markdown_cell(
        "# 77 Try\n\n**The question: what is it?**\n\nThe core path takes 5 minutes. At the end you can."
    )
    return deck.slides(new_notebook(cells=[title, new_code_cell("import torch"), *cells]), "77_try", told or {})


def printing(source: str, said: str) -> nbformat.NotebookNode:
    return new_code_cell(source, outputs=[new_output("stream", name="stdout", text=said)])


def showing(html: str) -> nbformat.NotebookNode:
    return new_code_cell("show()", outputs=[new_output("display_data", {"text/html": html})])


def test_the_first_slide_has_the_question_and_what_one_can_do_at_the_end():
    (first,) = slides()
    assert first == deck.Slide("title", "77 Try", "What is it?\n\nAt the end you can.", first.notes)
    assert "5 minutes" in first.notes


def test_a_long_paragraph_gives_its_first_sentences_and_those_with_a_bold_word():
    first, filler, bold = "It starts here.", "A sentence of some length. " * 12, "The word is **gate**."
    found = slides(new_markdown_cell(f"## 1 · A part\n\n{first} {filler}{bold}"))[1]
    assert found.body.startswith(f"{first} A sentence") and found.body.endswith(bold)
    assert found.body.count("A sentence") == (270 - len(first)) // len("A sentence of some length.")
    assert found.notes == f"{first} {filler}{bold}" and found.title == "1 · A part"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two? Three: **four**. Five", ["One.", "Two?", "Three: **four**.", "Five"]),
        ("*Is it so?* We look. (A word.) It is.", ["*Is it so?*", "We look.", "(A word.)", "It is."]),
        ("A list, e.g. A and B. The end.", ["A list, e.g. A and B.", "The end."]),
        ("It is 0.83 here. `code` follows.", ["It is 0.83 here.", "`code` follows."]),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text, sentences):
    assert deck._SENTENCE.split(text) == sentences


def test_emphasis_that_is_cut_is_closed():
    long = "**Do not believe it. " + "It goes on and on and on. " * 14 + "It ends.**"
    body = slides(new_markdown_cell(f"## 1\n\n{long}"))[1].body
    assert body.startswith("**Do not") and body.count("**") == 2 and body.endswith("**")


def test_a_deeper_section_and_an_optional_exercise_are_left_out():
    found = slides(
        new_markdown_cell("## 1 · Core\n\nThis is said."),
        new_markdown_cell("## 2 · More (deeper)\n\nThis is not."),
        printing("print(1)", "1\n"),
        new_markdown_cell("**Exercise `recalibrate`: What SENet would do**  \n★ · optional\n\nNot shown either."),
        new_code_cell("%%exercise recalibrate\ndef my(): ..."),
        new_markdown_cell("## 3 · Core again\n\nThis is said, too."),
    )
    assert [slide.body for slide in found[1:]] == ["This is said.", "This is said, too."]


def test_a_table_with_long_cells_fills_a_slide_sooner():
    rows = "\n".join(["| what | why |", "|---|---|", *[f"| {k} | {'a long cell, ' * 6} |" for k in range(4)]])
    found = slides(new_markdown_cell(f"## 1\n\n{'It is said here. ' * 14}\n\n{rows}\n\n{'It is said there. ' * 8}"))
    assert [slide.body.count("|---|") for slide in found[1:]] == [0, 1, 0]


def test_a_question_hides_its_answer_and_tells_the_speaker_why():
    question = slides(new_markdown_cell("## 4 · Shared"), new_code_cell('ask("04.size")'))[-1]
    assert question.kind == "question" and "3. not at all" in question.body
    assert '<p class="fragment">The answer: not at all</p>' in question.body
    assert "One gate serves all streams" in question.notes and "One gate serves" not in question.body


def test_a_picture_stands_with_what_to_notice():
    found = slides(
        new_markdown_cell("## 1 · Look\n\n" + "It is about pictures. " * 20 + "**End**."),
        showing('<img class="a" alt="A dog." src="kit:1.webp"><style>img.a{color:red}</style>'),
        new_markdown_cell("*Notice the ears. They are long.* More of it."),
    )
    assert [slide.kind for slide in found] == ["title", "words large", "picture"]
    assert 'src="kit:1.webp"><style>' in found[2].body and "*Notice the ears. They are long.* More" in found[2].body


def test_what_a_cell_prints_is_as_large_as_it_fits_or_said_to_be_long():
    few, long = printing("print(1)", "1\n"), printing("x = 1\n" * 12, "row\n" * 60)
    found = slides(new_markdown_cell("## 1 · Numbers\n\nTwo cells."), few, long)
    assert found[1].body.count("font-size:22px") == 2 and "row" not in found[1].body
    assert found[1].body.endswith("What the cell prints is long. It stands in the lesson.")
    assert "row\nrow" in found[1].notes


def test_a_progress_line_shows_its_end():
    assert ">done</pre>" in slides(printing("x" * 400 + "\n" * 12, "10%\r50%\rdone\n"))[-1].body


def test_a_widget_becomes_a_way_into_the_page():
    told = {"a": {"link": ""}, "b": {"link": "explorer.html"}}
    touched = [new_code_cell("W()", outputs=[new_output("display_data", {VIEW: {"model_id": name}})]) for name in told]
    found = slides(new_markdown_cell("## 7 · Your hands\n\nTry this."), *touched, told=told)
    assert [slide.title for slide in found[1:]] == ["Try it together: Your hands"] * 2
    assert found[1].body.startswith("Try this.") and '"../lessons/77_try.html#7-·-Your-hands"' in found[1].body
    assert '"../explorer.html"' in found[2].body


def test_the_words_of_a_brace_stand_below_it_and_words_keep_their_spaces():
    drawn = deck.self_contained(r"$$\underbrace{9 \cdot c_\text{out}}_{\text{depthwise}} \text{ and } x$$")
    assert "</munder> <mtext>depthwise</mtext> </munder>" in drawn and "<mtext>\u00a0and\u00a0</mtext>" in drawn
    assert drawn.count("<msub>") == drawn.count("</msub>") == 1


def test_formulas_are_drawn_and_links_are_words():
    drawn = deck.self_contained("See [the block](#flow=conv2.0): $x^t$ and `$y$`.\n\n$$a = b$$")
    assert drawn.startswith("See the block: <math") and "`$y$`" in drawn and '<div class="math"><math' in drawn
    assert "$$" not in drawn and "#flow" not in drawn


SIZES = """() => {
  const slide = document.querySelector("section.present .slide");
  const cut = [...slide.querySelectorAll("pre")].filter((pre) => pre.scrollWidth > pre.clientWidth + 1).length;
  const letters = [...slide.querySelectorAll("p, li, pre, td")].map((at) => parseFloat(getComputedStyle(at).fontSize));
  const pictures = [...slide.querySelectorAll(".pictures")].map((at) => at.clientHeight);
  return { high: slide.scrollHeight, wide: slide.scrollWidth, cut, least: Math.min(...letters, 99),
    picture: Math.min(...pictures, 999),
    broken: [...slide.querySelectorAll("img")].filter((at) => !at.naturalWidth).length };
}"""


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_slide_fits_a_projector(book, playwright, chromium_path, theme):
    decks = sorted((book.folder / "slides").glob("*.html"))
    assert len(decks) == len(list((book.folder / "lessons").glob("*.html")))
    for path in decks:
        with visiting(playwright, chromium_path, book, viewport=PROJECTOR, color_scheme=theme) as visit:
            page = visit.open(f"slides/{path.name}")
            page.wait_for_selector(".reveal.ready")
            number = page.locator(".slides > section").count()
            assert number > 10
            for k in range(number):
                page.evaluate(f"location.hash = '#/{k}'")
                page.wait_for_function(f"document.querySelectorAll('.slides > section')[{k}].matches('.present')")
                size = page.evaluate(SIZES)
                assert size["high"] <= 720 and size["wide"] <= 1280 and not size["cut"], (path.name, k, size)
                assert size["least"] >= 14 and size["picture"] >= 330 and not size["broken"], (path.name, k, size)


@pytest.mark.browser
def test_arrows_turn_the_slides_and_the_answer_waits(book, playwright, chromium_path):
    with visiting(playwright, chromium_path, book, viewport=PROJECTOR, reduced_motion="reduce") as visit:
        page = visit.open("slides/04_the_aggregation_gate.html")
        page.wait_for_selector(".reveal.ready")
        while not page.locator("section.present .question").count():
            page.keyboard.press("ArrowRight")
        answer = page.locator("section.present .fragment")
        assert answer.evaluate("at => getComputedStyle(at).visibility") == "hidden"
        page.keyboard.press("ArrowRight")
        page.wait_for_selector("section.present .fragment.visible")
        with page.context.expect_page() as opened:
            page.keyboard.press("s")
        opened.value.get_by_text("In the channel “print” the difference").wait_for()
