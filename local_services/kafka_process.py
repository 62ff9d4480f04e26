"""A Kafka broker run from its jars, with what fault tests do to it: kill, pause, start again on the same port.

One node, storage and log in a folder of the caller's; nothing outside that folder is written.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from local_services.errors import WayFailed
from local_services.guarded import Guarded, run_guarded
from local_services.java import find_java
from local_services.kafka_jars import kafka_jars
from local_services.kafka_probe import broker_is_ready
from local_services.kafka_properties import CLUSTER_ID, KAFKA_VERSION, broker_properties
from local_services.ports import LOCALHOST, free_port
from local_services.ways import Report, say_nothing

__all__ = ["KafkaProcess"]

_START_SECONDS = 180.0  # of a machine with much else to do; one that ends is noticed at once
_STOP_SECONDS = 10.0
_FORMAT_SECONDS = 60.0
_PROBE_SECONDS = 1.0
_REMEDY = "free memory (Kafka takes about 600 MB) and temporary space, then run this again"


class KafkaProcess:
    """A broker on 127.0.0.1; made stopped, and its port, controller port and records stay across restarts.

    Attributes:
        port: where clients connect.
        folder: configuration, records and log; the caller removes it.
        log: the broker's log, appended to by each start.
    """

    def __init__(
        self,
        java: Path,
        jars: Path,
        folder: Path,
        properties: Mapping[str, str] | None = None,
        java_options: Sequence[str] = (),
    ) -> None:
        """`properties` are added to the broker's own, or replace them. Raises OSError where no port is free."""
        self.port = free_port()
        self.folder = folder
        self.log = folder / "kafka.log"
        self._java = java
        self._jars = jars
        self._java_options = java_options
        self._configuration = folder / "server.properties"
        self._records = folder / "records"
        self._properties = {
            **broker_properties(self.port, free_port(other_than=self.port)),
            "log.dirs": str(self._records),
            # A killed broker registers again only when its old session is over: the default, 9 s, is long to wait.
            "broker.session.timeout.ms": "4000",
            "broker.heartbeat.interval.ms": "500",
            **(properties or {}),
        }
        self._broker: Guarded | None = None

    @classmethod
    @contextmanager
    def temporary(
        cls,
        report: Report | None = None,
        properties: Mapping[str, str] | None = None,
        java_options: Sequence[str] = (),
    ) -> Iterator["KafkaProcess"]:
        """A started broker in a temporary folder; at the end it is stopped and the folder removed.

        Raises WayFailed where Java, the jars or the start fail.
        """
        say = report or say_nothing
        java = find_java()
        jars = kafka_jars(say)
        with tempfile.TemporaryDirectory(prefix="ridescore-kafka-", ignore_cleanup_errors=True) as folder:
            broker = cls(java, jars, Path(folder), properties, java_options)
            say(f"starting Kafka {KAFKA_VERSION} from its jars on port {broker.port}, about 5 s")
            try:
                broker.start()
                yield broker
            finally:
                broker.stop()

    @property
    def bootstrap_servers(self) -> str:
        """``127.0.0.1:port``, the same after a restart."""
        return f"{LOCALHOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The JVM's pid; None while it is not running."""
        return self._broker.pid if self._broker and self._broker.exit_code is None else None

    def start(self, seconds: float = _START_SECONDS) -> None:
        """Start the broker and wait until it takes topics; nothing happens where it runs.

        Raises WayFailed, with the end of the broker's log, where it ends or does not answer in time.
        """
        if self.pid is not None:
            return
        if not (self._records / "meta.properties").is_file():
            self._format()
        command = self._command("kafka.Kafka", "-Xms128m", "-Xmx512m", *self._java_options)
        self._broker = Guarded([*command, str(self._configuration)], self.log, folder=self.folder)
        try:
            failure = self._broker.wait_until(lambda: broker_is_ready(self.bootstrap_servers, _PROBE_SECONDS), seconds)
        except BaseException:
            self.kill()
            raise
        if failure is not None:
            self.kill()
            raise WayFailed(f"Kafka on port {self.port} {failure}", _REMEDY)

    def stop(self, grace_seconds: float = _STOP_SECONDS) -> None:
        """SIGTERM, and SIGKILL after the grace; also ends a paused broker."""
        if self._broker:
            self._broker.end(grace_seconds)

    def kill(self) -> None:
        """SIGKILL, as a crash would; start() goes on with the same port and records."""
        if self._broker:
            self._broker.kill()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        if self._broker:
            self._broker.send(SIGSTOP)

    def resume(self) -> None:
        """SIGCONT after pause()."""
        if self._broker:
            self._broker.send(SIGCONT)

    def _format(self) -> None:
        (self.folder / "tmp").mkdir(exist_ok=True)
        self._configuration.write_text("".join(f"{name}={value}\n" for name, value in self._properties.items()))
        command = self._command("kafka.tools.StorageTool", "-XX:TieredStopAtLevel=1")
        command += ["format", "--cluster-id", CLUSTER_ID, "--config", str(self._configuration)]
        failure = run_guarded(command, self.folder / "format.log", _FORMAT_SECONDS)
        if failure is not None:
            raise WayFailed(f"formatting Kafka's storage {failure}", _REMEDY)

    def _command(self, main: str, *options: str) -> list[str]:
        # Native libraries are unpacked, and performance counters kept, in temporary files: ours or none.
        temporary = [f"-Djava.io.tmpdir={self.folder / 'tmp'}", "-XX:-UsePerfData"]
        return [str(self._java), "-XX:+UseSerialGC", *temporary, *options, "-cp", f"{self._jars}/*", main]
