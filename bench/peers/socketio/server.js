// A chat server for comparison: what the benchmark does with Plaza, with Socket.IO, its Redis adapter and Postgres.
//
// It is written as one would tune it: WebSocket only, no compression, prepared statements, one INSERT for all messages
// that wait. A message is committed before anybody gets it. What Plaza does besides (one gapless order over all
// processes, a change feed, repeated sends, Markdown, limits) it does not.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";

import { createAdapter } from "@socket.io/redis-adapter";
import bcrypt from "bcrypt";
import jwt from "jsonwebtoken";
import pg from "pg";
import { createClient } from "redis";
import { Server } from "socket.io";

const { BENCH_SECRET: secret, BENCH_DATABASE_URL, BENCH_REDIS_URL, PORT } = process.env;
const bcryptCost = Number(process.env.BENCH_BCRYPT_COST ?? 4);
// So many rows go into one statement at most.
const BATCH = 500;

const SCHEMA = `
SELECT pg_advisory_xact_lock(1);
CREATE TABLE IF NOT EXISTS users (
    id uuid PRIMARY KEY, email text NOT NULL UNIQUE, username text NOT NULL UNIQUE, password text NOT NULL);
CREATE TABLE IF NOT EXISTS rooms (id uuid PRIMARY KEY, name text NOT NULL, owner_id uuid NOT NULL REFERENCES users);
CREATE TABLE IF NOT EXISTS members (
    room_id uuid NOT NULL REFERENCES rooms, user_id uuid NOT NULL REFERENCES users, PRIMARY KEY (room_id, user_id));
CREATE TABLE IF NOT EXISTS messages (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL, room_id uuid NOT NULL REFERENCES rooms,
    sender_id uuid NOT NULL REFERENCES users, content text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS messages_of_room ON messages (room_id, seq);
`;

const statement = (name, text) => (values) => ({ name, text, values });
const insertMessages = statement("insert_messages", `
INSERT INTO messages (id, room_id, sender_id, content)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
RETURNING id, seq, created_at`);
const history = statement("history", `
SELECT m.seq, m.id, m.room_id, m.content, m.created_at, u.id AS user_id, u.username
FROM messages m JOIN users u ON u.id = m.sender_id
WHERE m.room_id = $1 AND m.seq < $2 ORDER BY m.seq DESC LIMIT $3`);
const isMember = statement("is_member", "SELECT 1 FROM members WHERE room_id = $1 AND user_id = $2");
const insertUser = statement("insert_user", "INSERT INTO users (id, email, username, password) VALUES ($1, $2, $3, $4)");
const findUser = statement("find_user", "SELECT id, username, password FROM users WHERE username = $1");
const insertRoom = statement("insert_room", "INSERT INTO rooms (id, name, owner_id) VALUES ($1, $2, $3)");
const insertMember = statement(
    "insert_member", "INSERT INTO members (room_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING");

const pool = new pg.Pool({ connectionString: BENCH_DATABASE_URL, max: 10 });
await pool.query(SCHEMA);

const bus = createClient({ url: BENCH_REDIS_URL });
const subscriber = bus.duplicate();
await Promise.all([bus.connect(), subscriber.connect()]);

class Refusal extends Error {
    constructor(status) {
        super(`refused with ${status}`);
        this.status = status;
    }
}

const check = (token) => {
    try {
        const { sub, name } = jwt.verify(token ?? "", secret, { algorithms: ["HS256"] });
        return { id: sub, username: name };
    } catch {
        throw new Refusal(401);
    }
};

const view = (row, room, sender, content) => ({
    id: row.id,
    room_id: room,
    seq: Number(row.seq),
    sender,
    message_type: "text",
    content,
    created_at: row.created_at,
});

// REST ----------------------------------------------------------------------------------------------------------------

const routes = [
    ["GET", /^\/readyz$/, async () => [200, { status: "ready" }]],
    ["POST", /^\/api\/v1\/auth\/register$/, async ({ body }) => {
        const id = randomUUID();
        const hash = await bcrypt.hash(body.password, bcryptCost);
        await pool.query(insertUser([id, body.email, body.username, hash]));
        return [201, { id, username: body.username }];
    }],
    ["POST", /^\/api\/v1\/auth\/login$/, async ({ body }) => {
        const { rows: [user] } = await pool.query(findUser([body.login]));
        if (!user || !(await bcrypt.compare(body.password, user.password))) throw new Refusal(401);
        const claims = { sub: user.id, name: user.username };
        const access_token = jwt.sign(claims, secret, { algorithm: "HS256", expiresIn: "1d" });
        return [200, { access_token, user: { id: user.id, username: user.username } }];
    }],
    ["POST", /^\/api\/v1\/rooms$/, async ({ body, user }) => {
        const id = randomUUID();
        await pool.query(insertRoom([id, body.name, user().id]));
        await pool.query(insertMember([id, user().id]));
        return [201, { id, name: body.name }];
    }],
    ["POST", /^\/api\/v1\/rooms\/([^/]+)\/join$/, async ({ path: [, room], user }) => {
        await pool.query(insertMember([room, user().id]));
        return [204, undefined];
    }],
    ["GET", /^\/api\/v1\/rooms\/([^/]+)\/messages$/, async ({ path: [, room], query, user }) => {
        const limit = Number(query.get("limit") ?? 50);
        const before = query.get("before") ?? "4611686018427387904";
        const { rowCount } = await pool.query(isMember([room, user().id]));
        if (rowCount === 0) throw new Refusal(404);
        const { rows } = await pool.query(history([room, before, limit + 1]));
        const items = rows.slice(0, limit).reverse();
        const shown = items.map((row) => view(row, room, { id: row.user_id, username: row.username }, row.content));
        return [200, { items: shown, has_more: rows.length > limit }];
    }],
];

const read = async (request) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    return text ? JSON.parse(text) : {};
};

const answer = async (request) => {
    const [pathname, search = ""] = request.url.split("?");
    for (const [method, pattern, act] of routes) {
        const path = method === request.method && pattern.exec(pathname);
        if (!path) continue;
        const user = () => check(request.headers.authorization?.replace(/^Bearer /, ""));
        const body = method === "POST" ? await read(request) : {};
        return act({ path, query: new URLSearchParams(search), body, user });
    }
    throw new Refusal(404);
};

const http = createServer((request, response) => {
    answer(request).catch((error) => {
        if (!error.status) console.error(error);
        return [error.status ?? 500, { error: error.message }];
    }).then(([status, value]) => {
        const text = value === undefined ? "" : JSON.stringify(value);
        const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
        response.writeHead(status, headers).end(text);
    });
});
http.keepAliveTimeout = 60_000;

// Messages ------------------------------------------------------------------------------------------------------------

const io = new Server(http, {
    adapter: createAdapter(bus, subscriber),
    transports: ["websocket"],
    perMessageDeflate: false,
    httpCompression: false,
    serveClient: false,
});

let waiting = [];
let isWriting = false;

// While one batch is being committed, the next one gathers.
const write = async () => {
    if (isWriting) return;
    isWriting = true;
    try {
        while (waiting.length > 0) {
            const batch = waiting.splice(0, BATCH);
            const ids = batch.map(() => randomUUID());
            const columns = ["room", "senderId", "content"].map((name) => batch.map((message) => message[name]));
            const { rows } = await pool.query(insertMessages([ids, ...columns]));
            const stored = new Map(rows.map((row) => [row.id, row]));
            batch.forEach(({ room, sender, content }, number) => {
                const row = stored.get(ids[number]);
                const message = view(row, room, sender, content);
                io.to(room).emit("message", { room_id: room, seq: message.seq, message });
            });
        }
    } finally {
        isWriting = false;
    }
};

// As the manual recommends where there are many connections: the first request is not needed any more.
io.engine.on("connection", (raw) => {
    raw.request = null;
});

io.use((socket, next) => {
    try {
        socket.data.user = check(socket.handshake.auth.token);
        next();
    } catch (error) {
        next(error);
    }
});

io.on("connection", (socket) => {
    const { user } = socket.data;
    socket.on("join", async (room, joined) => {
        const { rowCount } = await pool.query(isMember([room, user.id]));
        if (rowCount === 0) return joined("refused");
        await socket.join(room);
        joined("synced");
    });
    socket.on("message", ({ room_id: room, content }) => {
        if (!socket.rooms.has(room)) return;
        waiting.push({ room, senderId: user.id, sender: user, content });
        write().catch((error) => {
            // Nothing can be promised any more.
            console.error(error);
            process.exit(1);
        });
    });
});

http.listen({ port: Number(PORT), host: "127.0.0.1", backlog: 4096 });
