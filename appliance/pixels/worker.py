"""A process of its own that touches pixels: `python -m appliance.pixels.worker MEMORY`.

It reads jobs from its standard input, one line of JSON each, and answers each with one line.
Codecs are written in C and images come from strangers: so it has no more memory and time than
it is given, keeps no secret and holds nothing that anybody would miss.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from typing import Any

from appliance.pixels.model import Job, PixelError, job_of
from appliance.pixels.source import Damaged
from appliance.pixels.work import perform


def main(memory: int) -> None:
    """Until the appliance closes the pipe or ends the process."""
    _limit(memory)
    for line in sys.stdin.buffer:
        answer = _answer(job_of(json.loads(line)))
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _answer(job: Job) -> dict[str, Any]:
    _limit_job(job)
    try:
        perform(job)
    except PixelError as error:
        return {"error": str(error)}
    except Damaged as error:
        return {"corrupt": str(error)}
    except MemoryError:
        return {"error": "its pixels need more than pixels.memory allows", "spent": True}
    except OSError as error:
        return {"error": f"its pixels could not be worked on: {error}"}
    return {}


def _limit_job(job: Job) -> None:
    """The appliance counts the time; this is for a worker whose appliance is gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + 2 * job.seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
    # Tables and headers come on top of the pixels.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * job.largest, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(int(sys.argv[1]))
