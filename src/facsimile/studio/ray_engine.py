"""Draw groups on a Ray cluster, or on a small one that is started here; the same bytes as local processes.

Only the process that was called touches the folder: workers send rows, about 9 kB an image at 128 px.
"""

from collections.abc import Generator
from typing import Any

from facsimile.studio.groups import (
    KILLED,
    THREAD_VARIABLES,
    Outcome,
    RenderGroup,
    attempt_twice,
    check_same_code,
)
from facsimile.studio.settings import Settings, code_fingerprint

TASKS_AHEAD = 3
"""Tasks queued per processor of the cluster."""


def ray_outcomes(
    settings: Settings, groups: list[int], render_group: RenderGroup, workers: int, *, address: str | None = None
) -> Generator[Outcome, None, None]:
    """Yield one outcome per group, in any order; groups lost with a worker or machine are tried once more.

    ``address`` is that of a running cluster, "auto" the one this machine belongs to; without it Ray starts here with
    ``workers`` processors and is stopped at the end. Raises ValueError without Ray, a
    cluster that answers, or the same code on it.
    """
    ray = _imported()
    _connect(ray, address, workers)
    task = ray.remote(num_cpus=1, max_retries=1, runtime_env={"env_vars": dict.fromkeys(THREAD_VARIABLES, "1")})(_work)
    waiting = groups[::-1]
    running: dict[Any, int] = {}
    try:
        most = TASKS_AHEAD * max(1, int(ray.cluster_resources().get("CPU", workers)))
        while waiting or running:
            while waiting and len(running) < most:
                group = waiting.pop()
                running[task.remote(render_group, settings, group, code_fingerprint())] = group
            (done,), _ = ray.wait(list(running), num_returns=1)
            group = running.pop(done)
            try:
                yield ray.get(done)
            except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError, ray.exceptions.NodeDiedError):
                yield Outcome(group, None, KILLED)
            except ray.exceptions.RayTaskError as error:
                raise ValueError(f"engine 'ray': {error.cause}") from error
    finally:
        for unfinished in running:
            ray.cancel(unfinished, force=True)
        ray.shutdown()


def _work(render_group: RenderGroup, settings: Settings, group: int, fingerprint: str) -> Outcome:
    """Render one group in a Ray worker."""
    import cv2

    cv2.setNumThreads(1)
    check_same_code(fingerprint)
    return attempt_twice(render_group, settings, group)


def _imported() -> Any:
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise ValueError('engine "ray" needs Ray: pip install "facsimile[ray]"') from error
    return ray


def _connect(ray: Any, address: str | None, workers: int) -> None:
    """Join a cluster, or start one of this machine's processes alone."""
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address is None:
            ray.init(address="local", num_cpus=workers, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except ConnectionError as error:
        raise ValueError(
            f"no Ray cluster answers at {address!r}; start one with 'ray start --head', or leave out --ray-address"
        ) from error
