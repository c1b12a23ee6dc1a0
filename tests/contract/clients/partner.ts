// Plays the integration of a partner with the client that `make clients` hands out: a pledge, its charge, captured and settled, the file of the day,
// the list of events, and webhooks that are verified.

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { answered, connect, Refused, verifyWebhook, WebhookVerificationError } from "commonpurse-client";
import type { components, Event } from "commonpurse-client";

const { BASE_URL, CLIENT_ID, CLIENT_SECRET, CAMPAIGN } = process.env as Record<
  "BASE_URL" | "CLIENT_ID" | "CLIENT_SECRET" | "CAMPAIGN",
  string
>;
const DAY_MS = 86_400_000;
const PATIENCE_MS = 60_000;

const purse = connect({ baseUrl: BASE_URL, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, backoffMs: 20 });

/** Asks until there is an answer that is waited for. */
async function soon<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not in time: ${what}`);
}

/** How often something is asked that is always answered so. */
async function attempts(method: "GET" | "PATCH", status: number, headers: Record<string, string> = {}): Promise<number> {
  let count = 0;
  const always = async ({ url }: Request) => {
    if (url.endsWith("/v1/oauth/token")) return Response.json({ access_token: "token", expires_in: 600 });
    count += 1;
    return new Response("later", { status, headers });
  };
  const stubborn = connect({ baseUrl: "http://purse.test", clientId: "a", clientSecret: "b", backoffMs: 1, fetch: always });
  const path = { id: "weh_a" };
  if (method === "GET") await stubborn.GET("/v1/webhook-endpoints/{id}", { params: { path }, parseAs: "text" });
  else {
    const params = { path, header: { "If-Match": '"v1"' } };
    await stubborn.PATCH("/v1/webhook-endpoints/{id}", { params, body: {}, parseAs: "text" });
  }
  return count;
}

/** What came to the endpoint, byte for byte. */
const messages: { headers: IncomingHttpHeaders; body: Buffer }[] = [];
const receiver = createServer(async (request, response) => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  messages.push({ headers: request.headers, body: Buffer.concat(parts) });
  response.writeHead(204).end();
});
await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/purse`;

const campaign = answered(await purse.GET("/v1/campaigns/{id}", { params: { path: { id: CAMPAIGN } } }));
const book = answered(await purse.GET("/v1/books/{book}", { params: { path: { book: campaign.book } } }));
const endpoint = answered(
  await purse.POST("/v1/webhook-endpoints", {
    params: { header: { "Idempotency-Key": "endpoint" } },
    body: { book: book.id, url, kinds: ["charge.captured", "charge.settled"] },
  }),
);
const secret = endpoint.secret ?? "";

const due = new Date(Date.parse(book.now) + 2 * DAY_MS).toISOString().slice(0, 10);
const pledgeOf = (amount: string): components["schemas"]["NewPledge"] => ({
  reference: "typescript-1",
  donor: { reference: "ada" },
  amount: { amount, currency: campaign.currency },
  schedule: { interval: "monthly", start: due, payments: 12 },
  rail: "partner",
  terms_sha256: campaign.terms_sha256,
});
const place = (amount: string, key: string) =>
  purse.POST("/v1/campaigns/{id}/pledges", {
    params: { path: { id: CAMPAIGN }, header: { "Idempotency-Key": key } },
    body: pledgeOf(amount),
  });
const placed = await place("10.00", "pledge");
const pledge = answered(placed);
const wrong = await place("10.001", "wrong");

const path = { book: book.id };
answered(
  await purse.POST("/v1/books/{book}/clock:advance", {
    params: { path, header: { "Idempotency-Key": "walk" } },
    body: { to: `${due}T12:00:00Z` },
  }),
);
const charge = await soon("the charge", async () => {
  const { items } = answered(await purse.GET("/v1/pledges/{id}/charges", { params: { path: { id: pledge.id } } }));
  return items.find(({ state }) => state === "processing");
});
const captured = answered(
  await purse.POST("/v1/charges/{id}:capture", {
    params: { path: { id: charge.id }, header: { "Idempotency-Key": "capture" } },
    body: { event_id: "event-1", provider_reference: "payment-1" },
  }),
);
const day = captured.captured_on ?? "";
const ofDay = { path: { book: book.id, day } };
const settlementDay = answered(await purse.GET("/v1/books/{book}/settlement-days/{day}", { params: ofDay }));
const line = settlementDay.items.find((item) => item.charge === charge.id);
const file = answered(
  await purse.GET("/v1/books/{book}/settlement-days/{day}/file", { params: ofDay, parseAs: "text" }),
);
const net = line?.net.amount ?? "";
const compared = answered(
  await purse.POST("/v1/books/{book}/settlement-days/{day}/comparisons", {
    params: { ...ofDay, header: { "Idempotency-Key": "own-list" } },
    body: [{ kind: "charge", id: charge.id, gross: line?.gross.amount ?? "", net }],
  }),
);
const settle = (amount: string, key: string) =>
  purse.POST("/v1/settlements", {
    params: { header: { "Idempotency-Key": key } },
    body: {
      book: book.id,
      reference: `payout-${key}`,
      date: day,
      amount: { amount, currency: campaign.currency },
      lines: [{ charge: charge.id, amount }],
    },
  });
const refusal = await settle("9.00", "short").then(answered).catch((error: unknown) => error);
const settlement = answered(await settle(net, "settle"));
const settled = answered(await purse.GET("/v1/charges/{id}", { params: { path: { id: charge.id } } }));

const events: Event[] = [];
for (let cursor: string | undefined; ; ) {
  const query = { book: book.id, object: charge.id, limit: 2, ...(cursor === undefined ? {} : { cursor }) };
  const page = answered(await purse.GET("/v1/events", { params: { query } }));
  events.push(...page.items);
  cursor = page.poll_cursor;
  if (page.next_cursor == null) break;
}

await soon("both messages", async () => (messages.length >= 2 ? messages : undefined));
const sent = messages.map(({ body, headers }) => verifyWebhook(secret, body, headers));
const refusesAltered = messages.every(({ body, headers }) => {
  try {
    verifyWebhook(secret, Buffer.concat([body, Buffer.from(" ")]), headers);
    return false;
  } catch (error) {
    return error instanceof WebhookVerificationError;
  }
});
receiver.close();
const asked = [
  await attempts("GET", 503),
  await attempts("GET", 503, { "Retry-After": "3600" }),
  await attempts("GET", 500),
  await attempts("PATCH", 503),
  await attempts("PATCH", 429),
];

console.log(
  JSON.stringify({
    mode: book.mode,
    replayed: placed.response.headers.get("Idempotent-Replayed"),
    pointer: wrong.error?.type === "/problems/invalid" ? wrong.error.errors?.[0]?.pointer : wrong.error,
    refusal: refusal instanceof Refused ? refusal.problem?.type : String(refusal),
    charge: charge.id,
    state: settled.state,
    net,
    file: file.split("\r\n").filter((row) => row.includes(charge.id)).length,
    matched: compared.matched,
    settlement: settlement.state,
    events: events.map(({ kind }) => kind),
    sent: sent.map(({ kind }) => kind),
    refuses_altered: refusesAltered,
    attempts: asked,
  }),
);
