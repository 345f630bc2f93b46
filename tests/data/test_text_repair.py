"""Text is decoded, repaired and freed of pause markers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conclugen.data.text import clean, decode, repair, without_pauses

HONEST = st.text(
    st.one_of(st.characters(min_codepoint=32, max_codepoint=126), st.sampled_from("’‘“”—–…éóñüßçà€")), max_size=60
)


@given(HONEST)
def test_punctuation_left_as_controls_comes_back(text):
    assert repair(text.encode("cp1252").decode("latin-1")) == text


@given(HONEST)
def test_utf8_read_as_cp1252_comes_back_even_twice(text):
    once = _misread(text)
    assert repair(once) == text
    assert repair(_misread(once)) == text


def _misread(text):
    return "".join(
        bytes([b]).decode("cp1252") if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(b) for b in text.encode()
    )


@given(HONEST)
def test_honest_text_stays_and_repair_is_idempotent(text):
    assert repair(text) == text
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["café”…", "naïve’", "100 °C", "3 × 4 ± 1", "Ångström", "Señor “José”"])
def test_accents_beside_quotes_are_no_mojibake(text):
    assert repair(text) == text


def test_examples_of_damage():
    assert repair("Itâ€™s the fiancÃ©e\x85 \x93yes\x94") == "It’s the fiancée… “yes”"
    assert clean("a\x92b \r\n c\u00a0d\x07") == "a’b c d"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfid,text", "id,text"),
        ("‘id’".encode("utf-16"), "‘id’"),
        (b"It\x92s caf\xc3\xa9\x85", "It’s café…"),
    ],
)
def test_decode_reads_marks_and_stray_bytes(data, text):
    assert decode(data) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sp we spend sp a (sp) wasp sp", "we spend a wasp"),
        ("end(sp)start", "end start"),
        ("SP of crisp spa", "SP of crisp spa"),
        ("(sp)", ""),
    ],
)
def test_pauses_go_as_tokens_and_letters_stay(text, expected):
    assert without_pauses(text) == expected


@given(st.lists(st.sampled_from(["sp", "(sp)", "spend", "wasp", "I", "sp."]), max_size=12))
def test_no_marker_is_left_and_no_word_lost(words):
    left = without_pauses(" ".join(words)).split()
    assert left == [word for word in words if word not in ("sp", "(sp)")]
