// Verifies messages of webhooks with the library of Standard Webhooks for JavaScript, and prints what it says of each: empty for a good one.
"use strict";

const { readFileSync } = require("node:fs");
const { isDeepStrictEqual } = require("node:util");
// The folder of the tools is said, as this file is not in it.
const { Webhook, WebhookVerificationError } = require(`${process.argv[2]}/standardwebhooks`);

function verdict({ secret, body, headers }) {
  try {
    const told = new Webhook(secret).verify(body, headers);
    return isDeepStrictEqual(told, JSON.parse(body)) ? "" : "another body was read";
  } catch (error) {
    if (error instanceof WebhookVerificationError) return error.message;
    throw error;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(process.argv[3], "utf8")).map(verdict)));
