"""What the server counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1.5, 3, 6)


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        given = {"namespace": "parley_speech", "registry": self.registry}
        self.connections = Gauge("connections", "WebSockets that are open.", **given)
        self.streams = Gauge("streams", "Streams that are open.", ["part"], **given)
        self.refused = Counter(
            "refused", "Streams and connections that were refused, and why.", ["code"], **given
        )
        self.heard_s = Counter("heard_seconds", "Sound that was taken in.", **given)
        self.spoken_s = Counter("spoken_seconds", "Sound that was made.", **given)
        self.waiting_s = Gauge("waiting_seconds", "Sound that waits to be heard.", **given)
        self.batch = Histogram(
            "batch_utterances",
            "Utterances in one step.",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128),
            **given,
        )
        self.step = self._time("step_seconds", "One step of an engine.", ["part"])
        self.final = self._time("final_seconds", "From the end of an utterance to its words.")
        self.first_sound = self._time("first_sound_seconds", "From a text to its first sound.")

    def page(self) -> bytes:
        """Returns all figures in Prometheus' text format."""
        return generate_latest(self.registry)

    def _time(self, name: str, says: str, labels: tuple[str, ...] | list[str] = ()) -> Histogram:
        return Histogram(
            name,
            says,
            labels,
            buckets=_SECONDS,
            namespace="parley_speech",
            registry=self.registry,
        )
