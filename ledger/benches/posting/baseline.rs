//! What PostgreSQL itself does: one transfer a call of a function that locks two balance rows, without keys or refusals;
//! and a bulk insert of a thousand with keys, drawn inside the server.

use crate::load::{ACCOUNTS, AsyncCaller, Dice, Figure, Shape, closed_loop};
use std::time::Duration;
use tokio_postgres::{Client, Statement};

const SCHEMA: &str = "
    DROP SCHEMA IF EXISTS raw CASCADE; CREATE SCHEMA raw;
    CREATE TABLE raw.balance (account int PRIMARY KEY, debits bigint NOT NULL DEFAULT 0, credits bigint NOT NULL DEFAULT 0)
        WITH (fillfactor = 60);
    CREATE TABLE raw.transfer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit int NOT NULL, credit int NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0), debit_after bigint NOT NULL, credit_after bigint NOT NULL,
        recorded timestamptz NOT NULL DEFAULT now());
    CREATE INDEX ON raw.transfer (debit, id); CREATE INDEX ON raw.transfer (credit, id);
    CREATE TABLE raw.key (key uuid PRIMARY KEY, id bigint NOT NULL);
    CREATE FUNCTION raw.post(p_debit int, p_credit int, p_amount bigint) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE d bigint; c bigint;
    BEGIN
        IF p_debit < p_credit THEN
            UPDATE raw.balance SET debits = debits + p_amount WHERE account = p_debit RETURNING debits - credits INTO d;
            UPDATE raw.balance SET credits = credits + p_amount WHERE account = p_credit RETURNING credits - debits INTO c;
        ELSE
            UPDATE raw.balance SET credits = credits + p_amount WHERE account = p_credit RETURNING credits - debits INTO c;
            UPDATE raw.balance SET debits = debits + p_amount WHERE account = p_debit RETURNING debits - credits INTO d;
        END IF;
        INSERT INTO raw.transfer (debit, credit, amount, debit_after, credit_after) VALUES (p_debit, p_credit, p_amount, d, c);
    END $$;
    CREATE FUNCTION raw.bulk(p_count int, p_accounts int) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        CREATE TEMP TABLE IF NOT EXISTS drawn (n int, debit int, amount bigint) ON COMMIT DELETE ROWS;
        INSERT INTO drawn SELECT n, 2 + (random() * (p_accounts - 2))::int, 1 + (random() * 99)::int FROM generate_series(1, p_count) n;
        WITH posted AS (
            INSERT INTO raw.transfer (debit, credit, amount, debit_after, credit_after)
            SELECT debit, 1, amount, amount, sum(amount) OVER (ORDER BY n) FROM drawn RETURNING id)
        INSERT INTO raw.key SELECT gen_random_uuid(), id FROM posted;
        UPDATE raw.balance b SET debits = b.debits + d.amount
          FROM (SELECT debit, sum(amount) AS amount FROM drawn GROUP BY debit ORDER BY debit) d WHERE b.account = d.debit;
        UPDATE raw.balance SET credits = credits + (SELECT sum(amount) FROM drawn) WHERE account = 1;
    END $$;";

async fn connect(url: &str) -> Client {
    migrations::connect(&url.parse().expect("an address")).await.expect("a connection")
}

async fn fresh(url: &str) -> Client {
    let client = connect(url).await;
    client.batch_execute(SCHEMA).await.expect("the raw schema");
    let fill = format!("INSERT INTO raw.balance (account) SELECT generate_series(1, {ACCOUNTS})");
    client.batch_execute(&fill).await.expect("the raw accounts");
    client.batch_execute("ANALYZE raw.balance; CHECKPOINT").await.expect("a checkpoint");
    client
}

struct OneByOne {
    client: Client,
    statement: Statement,
    shape: Shape,
    dice: Dice,
}

impl AsyncCaller for OneByOne {
    async fn call(&mut self) {
        let (debit, credit) = self.dice.pair(self.shape);
        let amount = 1 + self.dice.below(99) as i64;
        self.client.query(&self.statement, &[&debit, &credit, &amount]).await.expect("a raw transfer");
    }
}

pub(crate) async fn one_by_one(url: &str, shape: Shape, callers: usize, run: Duration) -> Figure {
    fresh(url).await;
    let mut ready = Vec::new();
    for index in 0..callers {
        let client = connect(url).await;
        let statement = client.prepare("SELECT raw.post($1, $2, $3)").await.expect("a statement");
        ready.push(OneByOne { client, statement, shape, dice: Dice::new(index) });
    }
    let ready = std::sync::Mutex::new(ready);
    closed_loop(callers, run, 1, |_| ready.lock().expect("no caller failed").pop().expect("one each")).await
}

struct Bulk {
    client: Client,
    statement: Statement,
}

impl AsyncCaller for Bulk {
    async fn call(&mut self) {
        self.client.query(&self.statement, &[&1_000i32, &(ACCOUNTS as i32)]).await.expect("a raw batch");
    }
}

pub(crate) async fn bulk(url: &str, run: Duration) -> Figure {
    let client = fresh(url).await;
    let statement = client.prepare("SELECT raw.bulk($1, $2)").await.expect("a statement");
    let ready = std::sync::Mutex::new(Some(Bulk { client, statement }));
    closed_loop(1, run, 1_000, |_| ready.lock().expect("no caller failed").take().expect("one")).await
}
