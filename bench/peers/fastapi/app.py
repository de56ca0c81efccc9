"""A chat server for comparison: the part of Plaza's API that the benchmark uses, with FastAPI, asyncpg and Redis.

It is written as one would tune it: uvloop, orjson, prepared statements, no reset of pooled connections, ids as text, one
INSERT for all messages that wait, each frame encoded once, garbage that stays frozen. A message is committed before anybody gets it. What Plaza does besides (one gapless order over all
processes, a change feed, repeated sends, Markdown, limits) it does not.
"""

import asyncio
import gc
import os
import uuid
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone

import asyncpg
import bcrypt
import jwt
import orjson
import redis.asyncio as redis
from fastapi import Depends, FastAPI, HTTPException, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import Response
from pydantic import BaseModel

SECRET = os.environ["BENCH_SECRET"]
BCRYPT_COST = int(os.environ.get("BENCH_BCRYPT_COST", "4"))
# So many rows go into one statement at most.
BATCH = 500

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    id uuid PRIMARY KEY, email text NOT NULL UNIQUE, username text NOT NULL UNIQUE, password text NOT NULL);
CREATE TABLE IF NOT EXISTS rooms (id uuid PRIMARY KEY, name text NOT NULL, owner_id uuid NOT NULL REFERENCES users);
CREATE TABLE IF NOT EXISTS members (
    room_id uuid NOT NULL REFERENCES rooms, user_id uuid NOT NULL REFERENCES users, PRIMARY KEY (room_id, user_id));
CREATE TABLE IF NOT EXISTS messages (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL, room_id uuid NOT NULL REFERENCES rooms,
    sender_id uuid NOT NULL REFERENCES users, content text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS messages_of_room ON messages (room_id, seq);
"""

INSERT = """
INSERT INTO messages (id, room_id, sender_id, content)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
RETURNING id, seq, created_at
"""

HISTORY = """
SELECT m.seq, m.id, m.room_id, m.content, m.created_at, u.id AS user_id, u.username
FROM messages m JOIN users u ON u.id = m.sender_id
WHERE m.room_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3
"""


class Hub:
    """Who is connected here, and who is told what."""

    def __init__(self, pool: asyncpg.Pool, bus: redis.Redis):
        self.pool = pool
        self.bus = bus
        self.subscriber = bus.pubsub(ignore_subscribe_messages=True)
        self.rooms: dict[bytes, set[WebSocket]] = {}
        self.waiting: asyncio.Queue = asyncio.Queue(10_000)

    async def join(self, room: bytes, socket: WebSocket) -> None:
        members = self.rooms.setdefault(room, set())
        members.add(socket)
        if len(members) == 1:
            await self.subscriber.subscribe(room)

    def leave(self, room: bytes, socket: WebSocket) -> None:
        # The subscription stays: somebody will come back.
        self.rooms.get(room, set()).discard(socket)

    async def write(self) -> None:
        """While one batch is being committed, the next one gathers."""
        while True:
            batch = [await self.waiting.get()]
            while len(batch) < BATCH and not self.waiting.empty():
                batch.append(self.waiting.get_nowait())
            ids = [str(uuid.uuid4()) for _ in batch]
            rooms, senders, contents, names = zip(*batch)
            rows = await self.pool.fetch(INSERT, ids, rooms, senders, contents)
            stored = {row["id"]: row for row in rows}
            async with self.bus.pipeline(transaction=False) as pipeline:
                for id, room, sender, content, name in zip(ids, rooms, senders, contents, names):
                    row = stored[id]
                    message = view(row["seq"], id, room, content, row["created_at"], sender, name)
                    frame = {"type": "message", "room_id": room, "seq": row["seq"], "message": message}
                    pipeline.publish(room, orjson.dumps(frame))
                await pipeline.execute()

    async def deliver(self) -> None:
        """Tells those who are connected here what any process has stored."""
        # Until somebody joins there is nothing to listen to.
        await self.subscriber.subscribe("nothing")
        async for message in self.subscriber.listen():
            text = message["data"].decode()
            for socket in list(self.rooms.get(message["channel"], ())):
                try:
                    await socket.send_text(text)
                except (RuntimeError, WebSocketDisconnect):
                    self.leave(message["channel"], socket)


def view(seq, id, room, content, created_at, sender, username):
    return {
        "id": id,
        "room_id": room,
        "seq": seq,
        "sender": {"id": sender, "username": username},
        "message_type": "text",
        "content": content,
        "created_at": created_at,
    }


def json(value, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


async def prepare(connection: asyncpg.Connection) -> None:
    # Ids are only passed on: nobody needs them as numbers.
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str, format="text")


async def keep(connection: asyncpg.Connection) -> None:
    """Nothing here changes a session: the round trip that asyncpg resets one with is saved."""


@asynccontextmanager
async def lifespan(app: FastAPI):
    url = os.environ["BENCH_DATABASE_URL"]
    pool = await asyncpg.create_pool(url, min_size=10, max_size=10, init=prepare, reset=keep)
    async with pool.acquire() as connection, connection.transaction():
        # Of two processes that start at once, one makes the tables.
        await connection.execute("SELECT pg_advisory_xact_lock(1)")
        await connection.execute(SCHEMA)
    bus = redis.from_url(os.environ["BENCH_REDIS_URL"])
    app.state.hub = hub = Hub(pool, bus)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(hub.write()), tasks.create_task(hub.deliver())]
        # What is there now stays: collections need not look at it.
        gc.collect()
        gc.freeze()
        yield
        for task in running:
            task.cancel()


app = FastAPI(lifespan=lifespan)


class Registration(BaseModel):
    email: str
    username: str
    password: str


class Login(BaseModel):
    login: str
    password: str


class NewRoom(BaseModel):
    name: str


def check(token: str | None) -> tuple[str, str]:
    try:
        claims = jwt.decode(token or "", SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401) from error
    return claims["sub"], claims["name"]


async def who(request: Request) -> tuple[str, str]:
    return check(request.headers.get("authorization", "").removeprefix("Bearer "))


def pool(request: Request) -> asyncpg.Pool:
    return request.app.state.hub.pool


@app.get("/readyz")
async def ready():
    return json({"status": "ready"})


@app.post("/api/v1/auth/register")
async def register(account: Registration, request: Request):
    id = str(uuid.uuid4())
    salt = bcrypt.gensalt(BCRYPT_COST)
    hashed = await asyncio.to_thread(bcrypt.hashpw, account.password.encode(), salt)
    await pool(request).execute(
        "INSERT INTO users (id, email, username, password) VALUES ($1, $2, $3, $4)",
        id, account.email, account.username, hashed.decode())
    return json({"id": id, "username": account.username}, 201)


@app.post("/api/v1/auth/login")
async def log_in(login: Login, request: Request):
    row = await pool(request).fetchrow("SELECT id, username, password FROM users WHERE username = $1", login.login)
    if row is None or not await asyncio.to_thread(bcrypt.checkpw, login.password.encode(), row["password"].encode()):
        raise HTTPException(401)
    expires = datetime.now(timezone.utc) + timedelta(days=1)
    token = jwt.encode({"sub": row["id"], "name": row["username"], "exp": expires}, SECRET, "HS256")
    return json({"access_token": token, "user": {"id": row["id"], "username": row["username"]}})


@app.post("/api/v1/rooms")
async def open_room(room: NewRoom, request: Request, user=Depends(who)):
    id = str(uuid.uuid4())
    async with pool(request).acquire() as connection, connection.transaction():
        await connection.execute("INSERT INTO rooms (id, name, owner_id) VALUES ($1, $2, $3)", id, room.name, user[0])
        await connection.execute("INSERT INTO members (room_id, user_id) VALUES ($1, $2)", id, user[0])
    return json({"id": id, "name": room.name}, 201)


@app.post("/api/v1/rooms/{room_id}/join")
async def join(room_id: uuid.UUID, request: Request, user=Depends(who)):
    await pool(request).execute(
        "INSERT INTO members (room_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", room_id, user[0])
    return Response(status_code=204)


IS_MEMBER = "SELECT 1 FROM members WHERE room_id = $1 AND user_id = $2"


@app.get("/api/v1/rooms/{room_id}/messages")
async def history(room_id: uuid.UUID, request: Request, limit: int = 50, before: int = 2**62, user=Depends(who)):
    async with pool(request).acquire() as connection:
        if await connection.fetchval(IS_MEMBER, room_id, user[0]) is None:
            raise HTTPException(404)
        rows = await connection.fetch(HISTORY, room_id, before, limit + 1)
    items = [
        view(row["seq"], row["id"], row["room_id"], row["content"], row["created_at"], row["user_id"], row["username"])
        for row in reversed(rows[:limit])
    ]
    return json({"items": items, "has_more": len(rows) > limit})


@app.websocket("/api/v1/ws/{room_id}")
async def connect(socket: WebSocket, room_id: uuid.UUID):
    user, name = check(socket.headers.get("authorization", "").removeprefix("Bearer "))
    hub: Hub = socket.app.state.hub
    if await hub.pool.fetchval(IS_MEMBER, room_id, user) is None:
        raise HTTPException(404)
    await socket.accept()
    room = str(room_id)
    channel = room.encode()
    await hub.join(channel, socket)
    try:
        await socket.send_text(orjson.dumps({"type": "synced", "room_id": room}).decode())
        while True:
            frame = orjson.loads(await socket.receive_text())
            if frame["type"] == "message":
                await hub.waiting.put((room, user, frame["content"], name))
            elif frame["type"] == "heartbeat":
                await socket.send_text('{"type":"heartbeat_ack"}')
    except WebSocketDisconnect:
        pass
    finally:
        hub.leave(channel, socket)
