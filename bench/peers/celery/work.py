"""What Celery's workers do for the comparison: nothing, or a picture's variants with Pillow."""

import io
import os
import threading
import time

import redis
from celery import Celery
from PIL import Image, ImageOps

URL = os.environ["BENCH_REDIS_URL"]
STARTED = "bench:started"

app = Celery("work", broker=URL)
app.conf.update(
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    # Given back when a worker dies, as Plaza's are.
    task_acks_late=True,
    worker_prefetch_multiplier=16,
    task_serializer="json",
)

noted: list[str] = []
telling = None


def note(stamp: float, begun: float) -> None:
    """Tells when a task was ordered and when it began, with others that began in the same hundredth of a second."""
    global telling
    noted.append(f"{stamp} {begun}")
    if telling is None:
        telling = threading.Thread(target=tell, daemon=True)
        telling.start()


def tell() -> None:
    connection = redis.from_url(URL)
    while True:
        count = len(noted)
        if count:
            connection.rpush(STARTED, *noted[:count])
            del noted[:count]
        time.sleep(0.01)


@app.task
def nothing(stamp: float) -> None:
    note(stamp, time.time())


@app.task
def picture(path: str, folder: str, number: int) -> None:
    with Image.open(path) as source:
        # Decodes no larger than needed for the largest variant, as careful users of Pillow do.
        source.draft("RGB", (1280, 1280))
        current = ImageOps.exif_transpose(source)
        for name, side in (("preview", 1280), ("thumbnail", 256)):
            current.thumbnail((side, side), Image.Resampling.LANCZOS)
            made = io.BytesIO()
            current.save(made, "JPEG", quality=82)
            with open(f"{folder}/{number}-{name}.jpg", "wb") as file:
                file.write(made.getbuffer())
    note(time.time(), time.time())
