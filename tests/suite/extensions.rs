//! A challenge over HTTP of whose three tiers one is won: its winner is paid, and the rest rolls over into an extension, once.

use crate::scene::payouts::account;
use crate::shares::Open;
use anyhow::ensure;
use api::demo::cast::{give_role, join, person, usd};
use api::demo::client::{Answer, text};
use serde_json::{Value, json};

type Outcome = anyhow::Result<()>;

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

impl Open {
    /// Clara's team hands work in that is worth 94 points: the first prize and not the grand one.
    async fn won_by_clara(&self) -> Outcome {
        let (cast, path) = (&self.stage.cast, &self.path);
        let entry = json!({"team": cast.team, "rules_sha256": self.sha256});
        cast.claimant.post(&format!("{path}/entries"), &entry).await?.ok()?;
        let work = self.draft(&cast.claimant, &cast.team, json!([])).await?;
        let work = format!("/v1/submissions/{}", text(&work, "/id")?);
        cast.claimant.post(&format!("{work}:submit"), &json!({})).await?.ok()?;
        let joan = join(&cast.operator, &cast.host, "joan@panel.example", "judge").await?;
        let panel = json!({"person": person(&joan).await?});
        cast.treasurer.post(&format!("{path}/judges"), &panel).await?.ok()?;
        self.days_pass(21).await?;
        let read = joan.get(&work).await?.ok()?;
        let card = json!({"submission_sha256": read["sha256"], "points": [94], "comment": "As measured."});
        joan.post(&format!("{work}/scores"), &card).await?.ok()?;
        self.step(":rank").await?;
        self.days_pass(4).await
    }

    /// What the team has won is paid to its account by two people of the host, and the bank says so.
    async fn paid(&self) -> anyhow::Result<Value> {
        let cast = &self.stage.cast;
        let rita = &cast.reviewers[0];
        give_role(&cast.operator, &cast.host, rita, "approver").await?;
        let accounts = format!("/v1/organisations/{}/bank-accounts", cast.team);
        cast.claimant.post(&accounts, &account(&cast.book, "USD", "000123456789")).await?.ok()?;
        let asked = json!({"payee": cast.team, "source": "prize", "currency": "USD", "memo": "First prize"});
        let asked = cast.treasurer.post(&format!("/v1/books/{}/payouts", cast.book), &asked).await?.ok()?;
        let payout = format!("/v1/payouts/{}", text(&asked, "/id")?);
        let seen = rita.get(&payout).await?.ok()?;
        rita.post(&format!("{payout}:approve"), &json!({"digest": seen["digest"]})).await?.ok()?;
        self.stage.app.work_until_idle().await?;
        cast.treasurer.post(&format!("{payout}:send"), &json!({})).await?.ok()?;
        self.days_pass(2).await?;
        cast.treasurer.get(&payout).await?.ok()
    }

    /// An extension of 69.99 for the grand prize, which takes money.
    async fn extension(&self) -> anyhow::Result<(String, Value)> {
        let mut rules = self.rules.clone();
        rules["prizes"] = json!([self.rules["prizes"][0]]);
        rules["prizes"][0]["amount"] = usd("69.99");
        let cast = &self.stage.cast;
        let new = json!({"book": cast.book, "slug": "drill-again", "title": "The drill once more", "purse": usd("69.99"),
            "rules": rules});
        let made = cast.treasurer.post("/v1/challenges", &new).await?.ok()?;
        let path = format!("/v1/challenges/{}", text(&made, "/id")?);
        cast.treasurer.post(&format!("{path}:publish"), &json!({"reason": ""})).await?.ok()?;
        Ok((path, json!({"purse": usd("69.99"), "rules": rules})))
    }
}

#[tokio::test]
async fn f4_what_nobody_won_rolls_over_into_an_extension_once_while_the_winner_is_paid_and_goes_back_from_there()
-> Outcome {
    let open = Open::set("roll_over").await?;
    open.won_by_clara().await?;
    let cast = &open.stage.cast;
    let read = async |path: &str| cast.treasurer.get(path).await?.ok();
    let awarded = read(&open.path).await?;
    ensure!(awarded["state"] == "awarded" && awarded["rolls_until"].is_string(), "{awarded}");
    ensure!(awarded["funding"]["balance"] == usd("69.99"), "60.00 and 9.99 wait: {awarded}");
    let paid = open.paid().await?;
    ensure!(paid["state"] == "settled" && paid["amount"] == usd("30.01"), "{paid}");
    for account in ["liabilities:payable:prize:", "liabilities:payouts:"] {
        ensure!(open.stage.balance(account).await? == "0.00", "{account}");
    }

    // By the rules of the extension it would roll over for ever; by its second version it goes back.
    let (extension, mut changed) = open.extension().await?;
    let roll = json!({"challenge": extension.trim_start_matches("/v1/challenges/"), "reason": "Once more"});
    let over = format!("{}:roll-over", open.path);
    refused(&cast.treasurer.post(&over, &roll).await?, "rolls-twice")?;
    changed["rules"]["unawarded"] = json!("return_to_sponsors");
    cast.treasurer.post(&format!("{extension}/rules"), &changed).await?.ok()?;
    ensure!(cast.stranger.post(&over, &roll).await?.status == 404, "the host does it");
    let rolled = cast.treasurer.post(&over, &roll).await?.ok()?;
    ensure!(rolled["funding"]["rolled_over"] == usd("69.99") && rolled["rolls_until"].is_null(), "{rolled}");
    ensure!(rolled["funding"]["balance"] == usd("0.00"), "{rolled}");
    refused(
        &cast.treasurer.post(&over, &json!({"challenge": roll["challenge"], "reason": ""})).await?,
        "nothing-rolls",
    )?;
    changed["rules"]["unawarded"] = json!("roll_over");
    refused(&cast.treasurer.post(&format!("{extension}/rules"), &changed).await?, "rolls-twice")?;
    let given = cast.treasurer.all(&format!("{extension}/contributions")).await?;
    ensure!(given.len() == 1 && given[0]["rolled_from"].is_string(), "{given:?}");
    ensure!(given[0]["sponsor"] == cast.platform && given[0]["agreed"] == false, "it stays the sponsor's: {given:?}");

    // It has its own clock: opened, and nobody hands anything in.
    for step in [":announce", ":open"] {
        cast.treasurer.post(&format!("{extension}{step}"), &json!({"reason": ""})).await?.ok()?;
    }
    for (days, state) in [(21, "judging"), (10, "provisional"), (3, "no_award")] {
        open.days_pass(days).await?;
        let now = read(&extension).await?;
        ensure!(now["state"] == state, "{state}: {now}");
    }
    let ended = read(&extension).await?;
    ensure!(ended["funding"]["returned"] == usd("69.99") && ended["funding"]["balance"] == usd("0.00"), "{ended}");
    ensure!(ended["rolls_until"].is_null(), "{ended}");
    let first = read(&open.path).await?;
    ensure!(first["funding"]["returned"] == usd("0.00"), "it went back once: {first}");

    ensure!(open.stage.balance("liabilities:refunds:").await? == "69.99", "to whoever holds it for the sponsor");
    open.stage.app.finish().await
}
