"""Binary frames: the stream's number in four bytes, big-endian, then 16-bit PCM."""

from speech.wire.messages import LARGEST_MESSAGE, WireError

_NUMBER = 4


def pack(stream: int, pcm: bytes) -> bytes:
    """Returns the binary frame of some sound."""
    return stream.to_bytes(_NUMBER, "big") + pcm


def unpack(frame: bytes) -> tuple[int, bytes]:
    """Returns stream and sound of a binary frame.

    Raises:
        WireError: it holds no stream, or half a sample.
    """
    if len(frame) < _NUMBER or len(frame) > LARGEST_MESSAGE or len(frame) % 2:
        raise WireError(
            "unknown",
            f"a binary frame of {len(frame)} bytes: it has 4 for the stream and 2 for each sample,"
            f" and at most {LARGEST_MESSAGE}.",
        )
    return int.from_bytes(frame[:_NUMBER], "big"), frame[_NUMBER:]
