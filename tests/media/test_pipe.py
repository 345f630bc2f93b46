import os
import threading

import numpy as np
import pytest

from conclugen.media.pipe import NUMBER, Receiver, send, widen


@pytest.fixture
def ends():
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb", closefd=True), os.fdopen(writer, "wb", closefd=True, buffering=0):
        yield reader, writer


def received(receiver):
    while (parts := receiver.read()) is None:
        pass
    return parts


@pytest.mark.parametrize("wide", [False, True])
def test_messages_arrive_as_they_were_sent(ends, wide):
    reader, writer = ends
    if wide:
        widen(reader)
    draw = np.random.default_rng(0)
    sent = [[b""], [b"one"], [b"", draw.bytes(3_000_000), b"", b"end"], [b"x" * n for n in range(40)]]
    receiver = Receiver(reader, 1 << 22)
    thread = threading.Thread(target=lambda: [send(writer, message) for message in sent])
    thread.start()
    found = [received(receiver) for _ in sent]
    thread.join()
    assert [[part.tobytes() for part in message] for message in found] == sent
    assert all(part.flags.writeable for message in found for part in message)


def test_nothing_is_waited_for(ends):
    reader, writer = ends
    receiver = Receiver(reader, 100)
    assert receiver.read() is None
    os.write(writer, np.array([2, 3, 2], NUMBER).tobytes()[:20])
    assert receiver.read() is None
    os.write(writer, np.array([2, 3, 2], NUMBER).tobytes()[20:] + b"abcd")
    assert receiver.read() is None
    os.write(writer, b"e")
    assert [part.tobytes() for part in receiver.read()] == [b"abc", b"de"]


@pytest.mark.parametrize("begin", [[1, 101], [2, 60, 60], [1 << 60], [1, 1 << 63]])
def test_what_is_too_large_is_refused_before_it_is_read(ends, begin):
    reader, writer = ends
    os.write(writer, np.array(begin, NUMBER).tobytes())
    with pytest.raises(ValueError, match=r"bytes|parts"):
        Receiver(reader, 100).read()


def test_the_end_of_a_writer(ends):
    reader, writer = ends
    receiver = Receiver(reader, 100)
    os.write(writer, np.array([1, 3], NUMBER).tobytes() + b"a")
    assert receiver.read() is None
    os.dup2(os.open(os.devnull, os.O_WRONLY), writer)
    with pytest.raises(EOFError):
        receiver.read()
