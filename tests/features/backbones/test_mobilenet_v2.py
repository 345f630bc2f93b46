import pytest
import torch
import torchvision

from conclugen.features.backbones import mobilenet_v2
from conclugen.features.pixels import unit_images
from conclugen.store.weights import load_state

skimage_data = pytest.importorskip("skimage.data")
ESPRESSO = 967  # class of ImageNet


@pytest.fixture(scope="module")
def network():
    return mobilenet_v2.build().load(torch.device("cpu"))[0]


@pytest.fixture(scope="module")
def classifier():
    whole = torchvision.models.mobilenet_v2()
    whole.load_state_dict(load_state(mobilenet_v2.WEIGHTS.locate()))
    return whole.eval().classifier


def photograph(name):
    return torch.from_numpy(getattr(skimage_data, name)().copy())[None]


def test_espresso_is_espresso_and_needs_red_before_blue(network, classifier):
    image = unit_images(photograph("coffee"), 224)
    with torch.inference_mode():
        right = classifier(network(image)).softmax(1)[0, ESPRESSO]
        swapped = classifier(network(image.flip(1))).softmax(1)[0, ESPRESSO]
    assert right > 0.95
    assert swapped < 0.85


def test_features_follow_the_content_and_not_the_position(network):
    face, cup = photograph("astronaut")[:, :300, 100:400], photograph("coffee")[:, 50:350, 100:400]
    images = [face, face[:, 8:, 12:], cup, cup[:, 10:, :-8]]
    with torch.inference_mode():
        vectors = torch.cat([network(unit_images(image, 180)) for image in images])
    assert vectors.shape == (4, 1280)
    cosine = torch.nn.functional.cosine_similarity(vectors[:, None], vectors[None], dim=2)
    assert min(cosine[0, 1], cosine[2, 3]) > cosine[:2, 2:].max() + 0.2


def test_same_as_torchvision(network):
    whole = torchvision.models.mobilenet_v2()
    whole.load_state_dict(load_state(mobilenet_v2.WEIGHTS.locate()))
    whole.classifier = torch.nn.Identity()
    images = torch.rand(2, 3, 96, 96)
    normal = torchvision.transforms.functional.normalize(images, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    with torch.inference_mode():
        torch.testing.assert_close(network(images), whole.eval()(normal), atol=1e-4, rtol=1e-4)
