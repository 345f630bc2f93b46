import pytest
import torch

from conclugen.features.backbones import minilm
from conclugen.features.sentences import mean_over_tokens


@pytest.fixture(scope="module")
def network():
    return minilm.build().load(torch.device("cpu"))[0]


def test_meaning_counts_more_than_words(network):
    texts = [
        "I am so happy to see you.",
        "It is a great joy that you came!",
        "I am so sad to see you go.",
        "The bus leaves at nine from the station.",
    ]
    with torch.inference_mode():
        vectors = torch.nn.functional.normalize(network(texts))
    cosine = vectors @ vectors.T
    assert vectors.shape == (4, 384)
    assert cosine[0, 1] > cosine[0, 3] + 0.3
    assert cosine[0, 1] > cosine[1, 2]


def test_a_text_does_not_depend_on_its_neighbours(network):
    short, long = "No.", "word " * 400
    with torch.inference_mode():
        together, alone = network([short, long]), torch.cat([network([short]), network([long])])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-4)


def test_mean_over_tokens_skips_padding():
    states = torch.tensor([[[1.0], [3.0], [100.0]], [[2.0], [4.0], [6.0]]])
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert mean_over_tokens(states, mask).tolist() == [[2.0], [4.0]]
