"""The Ray engine: calls as tasks of Ray Core, on this machine or a cluster. Ray is optional and imported here only."""

import logging
import math
import os
import secrets
import socket
import time

from emofast.errors import EmofastError
from emofast.season.calls import Call, Outcome, perform

_STORE = 100_000_000  # bytes of Ray's object store: answers of less than 100 kB never enter it


class Cluster:
    """A Ray of our own on this machine (`address` None), or a running one: auto, or HOST:PORT of its head.

    A task whose worker dies comes back as died; one whose function fails comes back as a sentence, never to be tried again.
    """

    def __init__(self, address: str | None = None, jobs: int | None = None, talkative: bool = False):
        ray = _start(address, jobs, talkative)
        self._ray, self._running, self._looked = ray, {}, -math.inf
        self._run, self._home = ray.remote(perform), ray.get_runtime_context().get_node_id()
        self._head = ray.get_runtime_context().gcs_address

    @property
    def capacity(self) -> int:
        """Twice the processors, so that none waits for the next task; read anew now and then, as machines come and go."""
        if time.monotonic() - self._looked > 10:
            self._looked = time.monotonic()
            host, _, port = self._head.rpartition(":")
            try:  # a head that is gone would end this process a minute later, without a word of ours
                socket.create_connection((host, int(port)), timeout=30).close()
            except OSError:
                raise EmofastError(f"Ray's head at {self._head} is gone; where it is back, the same command goes on") from None
            self._nodes = {node["NodeID"]: node["Resources"] for node in self._ray.nodes() if node["Alive"]}
            self._capacity = max(2, int(2 * sum(resources.get("CPU", 0) for resources in self._nodes.values())))
        return self._capacity

    def submit(self, call: Call) -> None:
        options = self._alone() if call.alone else {"num_cpus": 1}
        if call.here:
            from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

            options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(self._home, soft=False)
            options["num_cpus"] = min(1, self._nodes[self._home].get("CPU", 0))  # a head may be kept free of tasks
        self._running[self._run.options(max_retries=0, **options).remote(call.function, call.arguments)] = call

    def wait(self) -> list[Outcome]:
        refs = list(self._running)
        self._ray.wait(refs, timeout=1)
        ready, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        return [self._outcome(ref) for ref in ready]

    def close(self) -> None:
        self._ray.shutdown()

    def _outcome(self, ref) -> Outcome:
        call, errors = self._running.pop(ref), self._ray.exceptions
        try:
            return Outcome(call, *self._ray.get(ref))
        except errors.LocalRayletDiedError:
            raise EmofastError("Ray's own processes on this machine were ended from outside; the same command goes on") from None
        except errors.RayTaskError as e:  # not of the function, which `perform` turns into sentences: the task never came to it
            cause = str(e).strip().splitlines()[-1]
            raise EmofastError(f"a machine of the cluster cannot run emofast ({cause}); install this very version on all of them") from None
        except errors.RayError as e:
            return Outcome(call, error=f"the process that worked on it was ended ({type(e).__name__}), {call.tries} times", died=True)

    def _alone(self) -> dict:
        """A device each and its share of the processors where there are devices, else a whole machine each."""
        nodes = list(self._nodes.values())
        with_gpus = [node for node in nodes if node.get("GPU")]
        if with_gpus:
            return {"num_gpus": 1, "num_cpus": max(1, int(min(node.get("CPU", 1) // node["GPU"] for node in with_gpus)))}
        return {"num_cpus": int(min(node["CPU"] for node in nodes if node.get("CPU")))}


def _start(address: str | None, jobs: int | None, talkative: bool):
    """The module `ray`, connected."""
    if address and jobs:
        raise EmofastError("--jobs is for this machine alone; the cluster at --address has the processes it was started with: leave it out")
    # Our privacy sentence depends on it: Ray reports usage to its makers unless told otherwise before it is imported.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    own = {}
    if not address:
        # Ray listens to the whole network and runs what it is sent: only who knows the token is heard, and nobody else has it.
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "120")  # seconds for its head to come up: on a busy machine 20 are too few
        own = {"num_cpus": jobs, "include_dashboard": False, "object_store_memory": _STORE}
    try:
        import ray
    except ImportError:
        raise EmofastError("--engine ray needs Ray: pip install '.[ray]' in emofast's folder, or leave --engine out") from None
    try:
        ray.init(address or "local", log_to_driver=talkative, logging_level=logging.CRITICAL, **own)
    except Exception as e:  # Ray raises of every kind, a plain one among them
        where, way = "Ray does not start", "leave --engine out to work without it"
        if address:
            where = f"Ray at {address} does not answer"
            way = "start it with `ray start --head`, and where it wants a token, export RAY_AUTH_MODE=token"
        raise EmofastError(f"{where} ({str(e).splitlines()[0]}); {way}") from None
    return ray
