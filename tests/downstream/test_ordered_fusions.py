"""Fusions that see utterances in their order, against plain loops over one video and one utterance at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from conclugen.downstream.fused import FusedClassifier
from conclugen.downstream.fusions import cia, context, multilogue
from conclugen.downstream.order import Stretches
from conclugen.downstream.protocols import FUSIONS, ORDERED
from conclugen.downstream.second import Second

DIMS = {"video": 7, "audio": 5, "text": 4}
LENGTHS = [4, 1, 6, 3]
SPEAKERS = [[0, 1, 0, 2], [0], [0, 1, 0, 1, 1, 0], [0, 0, 0]]
ROWS, WIDTH = sum(LENGTHS), 6
NAMES = [FUSIONS[name] for name in ORDERED]


def shown(lengths=LENGTHS, speakers=SPEAKERS):
    parts = np.split(np.arange(sum(lengths)), np.cumsum(lengths)[:-1])
    return Stretches(parts, [np.array(who) for who in speakers])


def order_of(stretches):
    rows, (order,) = stretches.around(torch.arange(len(stretches.of)))
    assert rows.tolist() == list(range(len(rows)))
    return order


def draw(seed=0):
    """Features, and presence: the third video has no audio, its second utterance nothing, its third text alone."""
    generator = torch.Generator().manual_seed(seed)
    present = {name: torch.rand(ROWS, generator=generator) > 0.2 for name in DIMS}
    present["audio"][5:11] = False
    for one in present.values():
        one[6], one[7] = False, one is present["text"]
    values = {name: torch.randn(ROWS, dim, generator=generator, dtype=torch.float64) for name, dim in DIMS.items()}
    return {name: value * present[name][:, None] for name, value in values.items()}, present


def made(name):
    torch.manual_seed(0)
    return {"cia": cia, "multilogue": multilogue}[name].build(DIMS, WIDTH).double().eval()


def numbers(parameter):
    return parameter.detach().numpy()


def sigmoid(values):
    return 1 / (1 + np.exp(-values))


def gru(value, state, inputs, states, input_bias, state_bias):
    """One step, as PyTorch documents it: reset, update, new."""
    width = len(state)
    told, kept = inputs @ value + input_bias, states @ state + state_bias
    reset, update = sigmoid(told[:width] + kept[:width]), sigmoid(told[width:-width] + kept[width:-width])
    new = np.tanh(told[-width:] + reset * kept[-width:])
    return (1 - update) * new + update * state


def attention(hidden, there):
    """Side by side: each modality attending to each other one, then all of them; lists of vectors by modality."""
    names, steps = list(hidden), len(next(iter(hidden.values())))
    rows = []
    for step in range(steps):
        parts = []
        for one in names:
            for other in (name for name in names if name != one):
                keys = [i for i in range(steps) if there[other][i]]
                scores = [math.exp(hidden[one][step] @ hidden[other][i]) for i in keys]
                heard = sum((s / sum(scores) * hidden[other][i] for s, i in zip(scores, keys, strict=True)), 0.0)
                parts.append(heard * hidden[one][step] if keys else np.zeros_like(hidden[one][step]))
        rows.append(np.concatenate([*parts, *(hidden[name][step] for name in names)]))
    return rows


def videos():
    return np.split(np.arange(ROWS), np.cumsum(LENGTHS)[:-1])


def test_cia_is_gru_dense_and_attention_over_each_video():
    module, (values, present) = made("cia"), draw()
    found = numbers(module(values, present, order_of(shown())).joint)
    for rows in videos():
        hidden = {}
        for name, net in module.recurrent.items():
            both = []
            for ending, steps in (("", rows), ("_reverse", rows[::-1])):
                weights = [numbers(getattr(net, f"{part}_l0{ending}")) for part in ("weight_ih", "weight_hh")]
                biases = [numbers(getattr(net, f"{part}_l0{ending}")) for part in ("bias_ih", "bias_hh")]
                state, states = np.zeros(WIDTH), {}
                for row in steps:
                    state = states[row] = gru(numbers(values[name][row]), state, *weights, *biases)
                both.append(states)
            dense = module.dense[name]
            hidden[name] = [
                np.maximum(
                    numbers(dense.weight) @ np.concatenate([both[0][row], both[1][row]]) + numbers(dense.bias), 0
                )
                for row in rows
            ]
        there = {name: present[name][rows].tolist() for name in DIMS}
        np.testing.assert_allclose(found[rows], attention(hidden, there), atol=1e-10)


def cell(cells, net):
    inputs, states = (numbers(one[net]).T for one in (cells.inputs, cells.states))
    return inputs, states, numbers(cells.input_bias[net, 0]), numbers(cells.state_bias[net, 0])


def followed(module, net, rows, who, said, around, alive):
    """The emotions of one net over one dialogue, by row: a dict of party states, a list of all that was said."""
    width = module.state
    state, feeling, parties, history, found = np.zeros(width), np.zeros(module.emotion), {}, [], {}
    for row, speaker in zip(rows, who, strict=True):
        if alive[row]:
            party = parties.get(speaker, np.zeros(width))
            scores = [math.exp(numbers(module.score[net, :, 0]) @ one) for one in history]
            recalled = sum((s / sum(scores) * one for s, one in zip(scores, history, strict=True)), np.zeros(width))
            state = gru(np.concatenate([around[row], party]), state, *cell(module.context, net))
            inputs, states, input_bias, state_bias = cell(module.party, net)
            parties[speaker] = gru(recalled, party, inputs, states, input_bias + said[row], state_bias)
            feeling = gru(parties[speaker], feeling, *cell(module.feeling, net))
            history.append(state)
        found[row] = feeling
    return found


def test_multilogue_net_keeps_a_state_of_each_speaker():
    module, (values, present) = made("multilogue"), draw()
    joint = numbers(module(values, present, order_of(shown())).joint)
    around = numbers(module.around(torch.cat(list(values.values()), dim=1)))
    for rows, who in zip(videos(), SPEAKERS, strict=True):
        hidden = {}
        for number, name in enumerate(DIMS):
            ahead, back = numbers(module.said[name](values[name])).reshape(ROWS, 2, -1).transpose(1, 0, 2)
            alive = present[name].tolist()
            forth = followed(module, number, rows, who, ahead, around, alive)
            others = followed(module, len(DIMS) + number, rows[::-1], who[::-1], back, around, alive)
            hidden[name] = [
                np.maximum(
                    numbers(module.after.weight) @ np.concatenate([forth[row], others[row]])
                    + numbers(module.after.bias),
                    0,
                )
                for row in rows
            ]
        there = {name: present[name][rows].tolist() for name in DIMS}
        np.testing.assert_allclose(joint[rows], attention(hidden, there), atol=1e-10)


def test_the_memory_does_not_overflow():
    like = torch.zeros(1, 1, 2)
    memory = multilogue.Memory(like)
    assert memory.recalled().tolist() == [[[0.0, 0.0]]]
    for score, kept in ((-300.0, True), (300.0, False), (500.0, True), (499.0, True)):
        memory.keep(like + score, torch.tensor([[[score]]]), torch.tensor([[[kept]]]))
    expected = (500 + 499 * math.exp(-1)) / (1 + math.exp(-1))
    assert memory.recalled().flatten().tolist() == pytest.approx([expected] * 2)


@pytest.mark.parametrize("name", NAMES)
def test_other_videos_and_padding_change_nothing(name):
    module, (values, present) = made(name), draw()
    together = module(values, present, order_of(shown())).joint
    for number, rows in enumerate(videos()):
        alone = shown([LENGTHS[number]], [SPEAKERS[number]])
        one = module({m: v[rows] for m, v in values.items()}, {m: p[rows] for m, p in present.items()}, order_of(alone))
        torch.testing.assert_close(one.joint, together[rows])
    mixed = [3, 1, 0, 2]
    permuted = torch.from_numpy(np.concatenate([videos()[number] for number in mixed]))
    again = shown([LENGTHS[number] for number in mixed], [SPEAKERS[number] for number in mixed])
    found = module(
        {m: v[permuted] for m, v in values.items()}, {m: p[permuted] for m, p in present.items()}, order_of(again)
    )
    torch.testing.assert_close(found.joint, together[permuted])


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_a_video_matters_and_every_neighbour_counts(name):
    module, (values, present) = made(name), draw()
    rows = videos()[2]
    backwards = torch.arange(ROWS)
    backwards[rows] = backwards[rows].flip(0)
    one = module(values, present, order_of(shown())).joint
    other = module(
        {m: v[backwards] for m, v in values.items()}, {m: p[backwards] for m, p in present.items()}, order_of(shown())
    ).joint[backwards]
    assert (one - other)[rows].abs().amax(1).min() > 1e-6
    torch.testing.assert_close(one[:5], other[:5])
    text = values["text"].clone()
    text[7] += 1.0
    changed = module(values | {"text": text}, present, order_of(shown())).joint
    moved = (changed - one).abs().amax(1) > 1e-9
    assert moved.nonzero()[:, 0].tolist() == rows.tolist()


def test_who_speaks_matters_to_multilogue_net():
    module, (values, present) = made("multilogue"), draw()
    one = module(values, present, order_of(shown())).joint
    everyone = module(values, present, order_of(shown(speakers=[[0] * length for length in LENGTHS]))).joint
    assert (one - everyone)[:4].abs().max() > 1e-6
    torch.testing.assert_close(one[[4, *range(11, ROWS)]], everyone[[4, *range(11, ROWS)]])


@pytest.mark.parametrize("name", NAMES)
def test_an_utterance_without_anything_stays_and_is_told_from_its_neighbours(name):
    model = FusedClassifier(DIMS, name, WIDTH, 3, 0.0).double().eval()
    values, present = draw()
    order = order_of(shown())
    found = model(values, present, order).logits
    assert found.isfinite().all()
    neighbour = {m: torch.where((torch.arange(ROWS) == 7)[:, None], 2 * v, v) for m, v in values.items()}
    assert (model(neighbour, present, order).logits - found)[6].abs().max() > 1e-6


def test_attention_leaves_out_what_is_not_there():
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(1, 3, 2, generator=generator) for _ in range(2))
    there = torch.tensor([[True, False, True]])
    loud = key.clone()
    loud[0, 1] = 1e3
    torch.testing.assert_close(context.attended(query, key, there), context.attended(query, loud, there))
    assert context.attended(query, key, ~there & there).tolist() == [[[0.0, 0.0]] * 3]


def test_the_second_task_counts_in_training_and_for_the_rows_asked_alone():
    torch.manual_seed(0)
    targets = torch.full((ROWS, 1), math.nan, dtype=torch.float64)
    targets[[0, 2]] = torch.tensor([[3.0], [-3.0]], dtype=torch.float64)
    model = FusedClassifier(DIMS, "cia", WIDTH, 3, 0.0, shown(), Second(targets, "regression", "sentiment")).double()
    values, present = draw()
    order = order_of(shown())
    assert model.eval()(values, present, order).penalty is None
    model.train()
    model.fusion.eval()  # no dropout
    logits = model.second(model.fusion(values, present, order).joint)[[0, 2], 0]
    expected = torch.nn.functional.smooth_l1_loss(logits.float(), torch.tensor([3.0, -3.0]))
    torch.testing.assert_close(model(values, present, order).penalty.float(), expected)
    _, (fewer,) = shown().around(torch.tensor([2, 3]))
    four = {m: v[:4] for m, v in values.items()}, {m: p[:4] for m, p in present.items()}
    said = model(*four, fewer)
    assert said.logits.shape == (2, 3)
    alone = torch.nn.functional.smooth_l1_loss(logits[1:].float(), torch.tensor([-3.0]))
    torch.testing.assert_close(said.penalty.float(), alone)
    assert FusedClassifier(DIMS, "multilogue", WIDTH, 3, 0.0, shown(), model.task).second is None
