// Posts an entry with the client that openapi-generator makes of the contract (typescript-fetch).

import { BooksApi, Configuration, IdentityApi, JournalEntriesApi, ResponseError } from "./client/index.js";

const { BASE_URL, SIGN_IN_TOKEN, BOOK, DEBIT, CREDIT } = process.env as Record<string, string>;

const nobody = new Configuration({ basePath: BASE_URL });
const tokens = await new IdentityApi(nobody).identityConfirm({ tokenRequest: { token: SIGN_IN_TOKEN } });
const signedIn = new Configuration({ basePath: BASE_URL, accessToken: tokens.accessToken });
const entries = new JournalEntriesApi(signedIn);

const book = await new BooksApi(signedIn).booksShow({ book: BOOK });

const post = (debit: string, credit: string, amount: string, idempotencyKey: string) => {
  const line = { debit, credit, amount: { amount, currency: book.currency } };
  const newJournalEntry = { memo: "Posted by a generated client", lines: [line] };
  return entries.journalEntriesCreate({ book: BOOK, idempotencyKey, newJournalEntry });
};

const refusal = async (answer: Promise<unknown>) => {
  try {
    await answer;
  } catch (error) {
    if (error instanceof ResponseError) return (await error.response.json()) as { type: string };
    throw error;
  }
  throw new Error("it was not refused");
};

const { number } = await post(DEBIT, CREDIT, "7.50", "entry");
const entry = await entries.journalEntriesShow({ book: BOOK, number });
const problem = await refusal(post(CREDIT, DEBIT, "8.00", "refused"));

console.log(JSON.stringify({
  mode: book.mode,
  number,
  memo: entry.memo,
  amount: entry.lines[0]?.amount.amount,
  problem: problem.type,
}));
