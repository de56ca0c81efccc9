// What a client does that is generated from docs/openapi.json: registers, logs in, opens a room, posts, reads history.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";
const base = process.env.PLAZA_URL ?? "http://127.0.0.1:8000";
const client = createClient<paths>({ baseUrl: `${base}/api/v1` });

function must<T>(answer: { data?: T; error?: { title: string; detail: string } }): T {
  if (answer.data === undefined) throw new Error(`${answer.error?.title}: ${answer.error?.detail}`);
  return answer.data;
}

async function main(): Promise<void> {
  const username = `check-${Date.now()}`;
  const password = "correct horse battery";
  must(await client.POST("/auth/register", { body: { email: `${username}@example.org`, username, password } }));
  const login = must(await client.POST("/auth/login", { body: { login: username, password } }));
  client.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${login.access_token}`);
      return request;
    },
  });
  const room = must(await client.POST("/rooms", { body: { name: "Generated" } }));
  const path = { room_id: room.id };
  const sent = must(await client.POST("/rooms/{room_id}/messages", { params: { path }, body: { content: "Hello" } }));
  const history = must(await client.GET("/rooms/{room_id}/messages", { params: { path, query: { limit: 10 } } }));
  const found = history.items.find((message) => message.id === sent.id);
  if (found?.content !== "Hello" || found.message_type !== "text") throw new Error("the message is not in the history");
  const refused = await client.POST("/rooms", { body: { name: "" } });
  const field: string | undefined = refused.error?.errors?.[0]?.field;
  if (field !== "name") throw new Error("a problem does not name its field");
  console.log(`a generated client logged in as ${login.user.username}, posted, and read message ${found.seq} of ${room.name}`);
}

await main();
