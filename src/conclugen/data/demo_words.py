"""Words of the demo corpus: short sentences, plain or coloured by an emotion.

Every sentence about a topic can be said with any feeling, so the topic is a nuisance; mild sentences are ambiguous
between emotions, strong ones are not.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

TOPICS = (
    "the garden",
    "this place",
    "my new job",
    "the weather",
    "that film",
    "the meeting",
    "my brother",
    "the train",
    "this phone",
    "the kitchen",
    "our neighbour",
    "the music",
    "that letter",
    "the market",
    "my old car",
    "the party",
    "this report",
    "the dog next door",
    "their house",
    "the soup",
    "the match",
    "my teacher",
    "the river",
    "the news",
)

NEUTRAL = (
    "I was talking about {topic}",
    "we came back to {topic}",
    "it has to do with {topic}",
    "this part covers {topic}",
    "he told me about {topic}",
    "there are three notes on {topic}",
    "that was before {topic}",
    "you can ask about {topic}",
    "next we look at {topic}",
    "it starts at nine",
    "the list is on the table",
    "they moved it to Tuesday",
    "about half of them stayed",
    "we took the second road",
    "the number is on the door",
    "she works from home",
    "so that is the plan",
    "it takes two hours",
    "I will send it later",
    "the rest is the same",
    "let me read it again",
    "the bag is by the chair",
    "he asked for the time",
    "put it in the box",
    "we are in the other room",
    "okay",
    "as I said",
    "you know",
    "and so on",
    "more or less",
)

STRONG = {
    "happy": (
        "I love {topic}",
        "{topic} makes me so happy",
        "what a wonderful day",
        "I am so glad about {topic}",
        "this is the best thing ever",
        "we laughed all evening",
        "I am thrilled with {topic}",
        "that is fantastic",
        "I really enjoyed {topic}",
        "it was a beautiful surprise party",
        "everybody was smiling",
    ),
    "sad": (
        "I miss {topic}",
        "I cried about {topic}",
        "it breaks my heart",
        "I feel so lonely",
        "we lost {topic}",
        "nothing will bring it back",
        "I am so sorry about {topic}",
        "it was a very sad day",
        "she is gone forever",
        "I have no hope left",
        "{topic} makes me weep",
    ),
    "anger": (
        "I hate {topic}",
        "{topic} makes me furious",
        "stop doing that right now",
        "how dare they",
        "I am sick and tired of it",
        "they lied to me again",
        "that is completely unfair",
        "I am so angry about {topic}",
        "get out of here",
        "it drives me mad",
        "I will never forgive them",
    ),
    "surprise": (
        "wow look at {topic}",
        "I never expected {topic}",
        "no way",
        "I can not believe my eyes",
        "suddenly there was {topic}",
        "oh my goodness",
        "what on earth is that",
        "I was stunned by {topic}",
        "that came out of nowhere",
        "really are you serious",
        "who would have thought that",
    ),
    "disgust": (
        "{topic} is disgusting",
        "it smells rotten",
        "that makes me sick",
        "it was filthy and slimy",
        "yuck take it away",
        "I can not stomach {topic}",
        "how revolting",
        "I feel nauseous",
        "{topic} was gross",
        "it tasted like mould",
        "what a nasty thing to do",
    ),
    "fear": (
        "I am afraid of {topic}",
        "{topic} scares me",
        "please do not leave me alone",
        "I was terrified",
        "something is out there",
        "my hands are shaking",
        "I am worried about {topic}",
        "we have to run",
        "what if it happens again",
        "I had a nightmare about {topic}",
        "it is too dangerous",
    ),
}

MILD = {
    "happy": ("{topic} was quite nice", "that went well", "not bad at all", "I could not believe it", "it made my day"),
    "sad": ("{topic} was a pity", "that did not go well", "I could not sleep", "it is not the same any more", "oh no"),
    "anger": ("{topic} again", "that did not go well", "I could not believe it", "enough of this", "oh come on"),
    "surprise": ("{topic} of all things", "I could not believe it", "oh no", "that is new", "well look at that"),
    "disgust": ("{topic} was a bit off", "not for me", "I could not look at it", "oh come on", "enough of this"),
    "fear": (
        "{topic} was a bit strange",
        "I could not sleep",
        "oh no",
        "I could not look at it",
        "who knows what comes next",
    ),
}


def sentence(rng: np.random.Generator, emotions: Mapping[str, float], words: float) -> str:
    """Return about `words` words that express each of `emotions` (emotion -> amplitude 0..1) in one clause.

    The greater the amplitude, the likelier the clause is a strong one. Neutral clauses fill the rest.
    """
    clauses = [_clause(rng, STRONG if rng.random() < 0.3 + 0.7 * a else MILD, e) for e, a in emotions.items()]
    target = max(2.0, rng.normal(words, 0.2 * words))
    while not clauses or sum(len(c.split()) for c in clauses) < target - 2:
        clauses.append(_fill(rng, str(rng.choice(NEUTRAL))))
    rng.shuffle(clauses)
    return " ".join(_finish(rng, clause) for clause in clauses)


def _clause(rng: np.random.Generator, table: Mapping[str, tuple[str, ...]], emotion: str) -> str:
    return _fill(rng, str(rng.choice(table[emotion])))


def _fill(rng: np.random.Generator, template: str) -> str:
    return template.replace("{topic}", str(rng.choice(TOPICS)))


def _finish(rng: np.random.Generator, clause: str) -> str:
    """A capital and a full stop. Punctuation carries no emotion."""
    return clause[0].upper() + clause[1:] + str(rng.choice((".", ".", ".", ",")))
