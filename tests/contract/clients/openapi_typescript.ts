// Posts an entry with the types that openapi-typescript makes of the contract.

import createClient from "openapi-fetch";
import type { components, paths } from "./contract.js";

type Line = components["schemas"]["NewLine"];

const { BASE_URL, SIGN_IN_TOKEN, BOOK, DEBIT, CREDIT } = process.env as Record<string, string>;

// What an operation answers when it does what it is for.
function answered<T>({ data, error }: { data?: T; error?: unknown }): T {
  if (data === undefined) throw new Error(`refused: ${JSON.stringify(error)}`);
  return data;
}

const nobody = createClient<paths>({ baseUrl: BASE_URL });
const tokens = answered(await nobody.POST("/v1/sign-in/confirm", { body: { token: SIGN_IN_TOKEN } }));
const signedIn = createClient<paths>({
  baseUrl: BASE_URL,
  headers: { Authorization: `Bearer ${tokens.access_token}` },
});

const book = answered(await signedIn.GET("/v1/books/{book}", { params: { path: { book: BOOK } } }));

const post = (debit: string, credit: string, amount: string, key: string) => {
  const line: Line = { debit, credit, amount: { amount, currency: book.currency } };
  return signedIn.POST("/v1/books/{book}/journal-entries", {
    params: { path: { book: BOOK }, header: { "Idempotency-Key": key } },
    body: { memo: "Posted by a generated client", lines: [line] },
  });
};

const { number } = answered(await post(DEBIT, CREDIT, "7.50", "entry"));
const path = { book: BOOK, number };
const entry = answered(await signedIn.GET("/v1/books/{book}/journal-entries/{number}", { params: { path } }));
const { error: problem } = await post(CREDIT, DEBIT, "8.00", "refused");

console.log(JSON.stringify({
  mode: book.mode,
  number,
  memo: entry.memo,
  amount: entry.lines[0]?.amount.amount,
  problem: problem?.type,
}));
