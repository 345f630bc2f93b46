"""What is read of a docstring."""

from conclugen.docs.attributes import attributes, meanings, summary


class Base:
    """What all have.

    Attributes:
        size: of the whole,
            in pixels: width by height.
        low, high: the ends.

    Further text: this is no entry.
    """


class Own(Base):
    """What it is,
    on two lines.

    Attributes:
        low: the lower end.
    """


class Bare(Base):
    pass


def test_an_entry_goes_on_where_it_is_indented_and_may_be_of_several_names():
    assert meanings(Base) == {
        "size": "of the whole, in pixels: width by height.",
        "low": "the ends.",
        "high": "the ends.",
    }


def test_what_a_class_says_comes_before_what_it_takes_over():
    assert meanings(Own)["low"] == "the lower end."
    assert meanings(Own)["high"] == "the ends."
    assert meanings(Bare) == meanings(Base)


def test_the_summary_ends_before_the_fields():
    assert summary(Own) == "What it is, on two lines."
    assert summary(Base) == "What all have."
    assert summary(Bare) == ""


def test_a_docstring_without_fields_has_none():
    assert attributes("Something.\n\nArgs:\n    size: no field.") == {}
    assert attributes("") == {}
