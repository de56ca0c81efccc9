"""Orders work from Celery, waits until it is done, and prints what was measured as one line of JSON.

    bench.py tasks COUNT RATE SECONDS       a backlog of COUNT tasks that do nothing; then RATE a second for SECONDS
    bench.py pictures COUNT FILE FOLDER     COUNT times the variants of a picture
"""

import json
import os
import subprocess
import sys
import time

import redis
from work import STARTED, URL, nothing, picture

PATIENCE = 300
PROCESSES = 2


class Workers:
    """Two processes that work."""

    def __enter__(self):
        options = f"--pool prefork --concurrency {PROCESSES} --loglevel error --without-gossip --without-mingle --without-heartbeat"
        # They end with this process, however it ends.
        bound = ["setpriv", "--pdeathsig", "TERM", "--"]
        command = [*bound, os.path.join(os.path.dirname(sys.executable), "celery"), "-A", "work", "worker", *options.split()]
        # What is printed is the outcome alone.
        self.process = subprocess.Popen(command, stdout=sys.stderr)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def started(connection, count):
    """The stamps of so many tasks: when each was ordered, and when it began."""
    deadline = time.time() + PATIENCE
    while connection.llen(STARTED) < count:
        if time.time() > deadline:
            sys.exit(f"{connection.llen(STARTED)} of {count} tasks were done in time")
        time.sleep(0.02)
    lines = connection.lrange(STARTED, 0, -1)
    connection.delete(STARTED)
    return [tuple(map(float, line.split())) for line in lines]


def at(values, quantile):
    return sorted(values)[min(int(len(values) * quantile), len(values) - 1)]


def tasks(count, rate, seconds):
    connection = redis.from_url(URL)
    for _ in range(count):
        nothing.delay(time.time())
    with Workers():
        begun = [begin for _, begin in started(connection, count)]
        first = time.time() + 0.5
        for number in range(rate * seconds):
            due = first + number / rate
            time.sleep(max(0, due - time.time()))
            nothing.delay(due)
        waits = [(begin - stamp) * 1000 for stamp, begin in started(connection, rate * seconds)]
    return {
        "tasks_per_second": count / (max(begun) - min(begun)),
        "wait_p50_ms": at(waits, 0.5),
        "wait_p99_ms": at(waits, 0.99),
    }


def pictures(count, path, folder):
    connection = redis.from_url(URL)
    with Workers() as workers:
        # The first ones load what is needed.
        for number in range(2 * PROCESSES):
            picture.delay(path, folder, number)
        started(connection, 2 * PROCESSES)
        begin, before = time.time(), times(workers)
        for number in range(count):
            picture.delay(path, folder, number)
        started(connection, count)
        seconds, busy = time.time() - begin, times(workers) - before
        memory = sum(peak(process) for process in children(workers.process.pid))
    return {"pictures_per_second": count / seconds, "pictures_per_core_second": count / busy, "peak_mib": memory}


def children(parent):
    with open(f"/proc/{parent}/task/{parent}/children") as file:
        return [int(word) for word in file.read().split()]


def times(workers):
    total = 0
    for process in [workers.process.pid, *children(workers.process.pid)]:
        with open(f"/proc/{process}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def peak(process):
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024


match sys.argv[1:]:
    case ["tasks", count, rate, seconds]:
        print(json.dumps(tasks(int(count), int(rate), int(seconds))))
    case ["pictures", count, path, folder]:
        print(json.dumps(pictures(int(count), path, folder)))
    case _:
        sys.exit(__doc__)
