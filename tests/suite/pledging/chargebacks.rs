//! Chargebacks over HTTP: what is taken back is held, comes back, or finds its bearers; and what teams owe for it.

use anyhow::{Context as _, ensure};
use api::demo::cast::{give_role, organisation, usd};
use api::demo::client::{Answer, text};
use jiff::Timestamp;
use jiff::civil::Date;
use ledger::book::{AccountClass, Entry, Line, MovementKind};
use ledger::engine::posting;
use ledger::engine::store::{accounts, books};
use ledger::id::BookRef;
use serde_json::{Value, json};
use tests::{Stage, day, monthly, once};

type Outcome = anyhow::Result<()>;

/// A pledge that is due on the first of January.
async fn promised(stage: &Stage, campaign: &Value, reference: &str, amount: &str) -> anyhow::Result<Value> {
    stage.pledge(campaign, &once(campaign, reference, amount, day(1, 1), "sandbox_ok")?).await
}

/// A charge of the first of January that has settled.
async fn given(stage: &Stage, campaign: &Value, reference: &str, amount: &str) -> anyhow::Result<Value> {
    let pledge = promised(stage, campaign, reference, amount).await?;
    stage.cast.advance(day(1, 1)).await?;
    stage.cast.advance(day(1, 4)).await?;
    stage.charge(&pledge, 1).await
}

/// The partner reports that an amount of a charge was taken back.
async fn report(stage: &Stage, charge: &Value, event: &str, amount: &str, more: Value) -> anyhow::Result<Answer> {
    let mut body = json!({"event_id": event, "amount": usd(amount), "fee": usd("15.00"), "reason": "fraudulent"});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    stage.cast.partner.post(&format!("/v1/charges/{}/chargebacks", text(charge, "/id")?), &body).await
}

async fn end(stage: &Stage, chargeback: &Value, how: &str) -> anyhow::Result<Answer> {
    stage.cast.partner.post(&format!("/v1/chargebacks/{}:{how}", text(chargeback, "/id")?), &json!({})).await
}

async fn again(stage: &Stage, chargeback: &Value) -> anyhow::Result<Value> {
    stage.cast.treasurer.get(&format!("/v1/chargebacks/{}", text(chargeback, "/id")?)).await?.ok()
}

/// The treasurer pays into the risk reserve, where the partner keeps the cash.
async fn fund_reserve(stage: &Stage, amount: &str) -> anyhow::Result<Value> {
    let body = json!({"amount": usd(amount), "custodian": stage.cast.platform, "reference": "bank-1"});
    let path = format!("/v1/books/{}/risk-reserve:fund", stage.cast.book);
    let funded = stage.cast.treasurer.post(&path, &body).await?.ok()?;
    stage.app.work_until_idle().await?;
    Ok(funded)
}

/// Bearers with what each bears.
fn borne(chargeback: &Value) -> Vec<(String, String)> {
    let part = |part: &Value| {
        let word = |pointer| part.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        (word("/bearer"), word("/amount/amount"))
    };
    chargeback["borne_by"].as_array().into_iter().flatten().map(part).collect()
}

fn parts(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(bearer, amount)| ((*bearer).to_owned(), (*amount).to_owned())).collect()
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{answer:?}");
    Ok(())
}

/// A milestone of a team is made and funded; the answer of the funding.
async fn milestone(stage: &Stage, campaign: &Value, team: &str, amount: &str) -> anyhow::Result<(Value, Answer)> {
    let body = json!({
        "campaign": text(campaign, "/id")?, "team": team, "name": "Sawmill", "amount": usd(amount),
        "policy": {"reviewers_needed": 1, "objection_days": 1}, "gate": {},
    });
    let made = stage.cast.treasurer.post("/v1/milestones", &body).await?.ok()?;
    let path = format!("/v1/milestones/{}:fund", text(&made, "/id")?);
    let funded = stage.cast.treasurer.post(&path, &json!({})).await?;
    Ok((made, funded))
}

/// An amount is released to a team by a day; answers the last release.
async fn release(stage: &Stage, campaign: &Value, team: &str, amount: &str, by: Date) -> anyhow::Result<Value> {
    let (milestone, funded) = milestone(stage, campaign, team, amount).await?;
    funded.ok()?;
    let claim = stage.claim(&milestone, amount).await?;
    stage.approve(&stage.cast.reviewers[0], &claim, amount).await?.ok()?;
    stage.cast.advance(by).await?;
    let path = format!("/v1/releases?campaign={}", text(campaign, "/id")?);
    stage.cast.treasurer.all(&path).await?.pop().context("a release")
}

async fn pay_out(stage: &Stage, team: &str, minor: i64) -> Outcome {
    pay_out_in(stage, &stage.cast.book, team, minor).await
}

/// The host pays a team what a book owes to it. No operation does that yet, so that the test posts it.
pub(super) async fn pay_out_in(stage: &Stage, book: &str, team: &str, minor: i64) -> Outcome {
    let number = book.parse::<BookRef>()?.book;
    let mut client = stage.app.connection().await?;
    let tx = client.transaction().await?;
    let (book, wall) = (books::get(&tx, number).await?, Timestamp::now());
    let code = "liabilities:payouts:bank";
    let transit = accounts::open(&tx, number, code, AccountClass::PayoutsInTransit, "USD", None, wall).await?;
    let of =
        async |code: String| Ok::<_, anyhow::Error>(accounts::find(&tx, number, &code).await?.context(code)?.number);
    let payable = of(format!("liabilities:payable:team:{team}")).await?;
    let cash = of(format!("assets:cash:{}", stage.cast.platform)).await?;
    let line = |kind, debit, credit| Line { kind, debit, credit, amount: minor };
    let sent = line(MovementKind::PayoutSent, payable, transit);
    let settled = line(MovementKind::PayoutSettled, transit, cash);
    let entry = Entry { lines: vec![sent, settled], effective: book.today(wall), outside_fact: false, note: None };
    posting::post(&tx, &book, entry, wall).await?;
    Ok(tx.commit().await?)
}

#[tokio::test]
async fn p9_what_is_disputed_is_held_and_free_again_when_it_is_won() -> Outcome {
    let mut stage = Stage::set_with(2, &[]).await?;
    let campaign = stage.campaign().await?;
    let other = stage.cast.campaign("open-drill", "Open drill", "1000.00").await?;
    let ben = promised(&stage, &campaign, "ben", "50.00").await?;
    let charge = given(&stage, &campaign, "ada", "100.00").await?;
    refused(&report(&stage, &charge, "evt-0", "100.01", json!({})).await?, "chargeback-exceeds-charge")?;

    // The same event twice at once is one chargeback.
    let (_second, base) = stage.app.another_api()?;
    let (id, secret) = stage.cast.credential.clone();
    let elsewhere = api::demo::client::Client::partner(&base, &id, &secret)?;
    elsewhere.access_token().await?;
    let path = format!("/v1/charges/{}/chargebacks", text(&charge, "/id")?);
    let event = json!({"event_id": "evt-1", "amount": usd("100.00"), "fee": usd("15.00"), "reason": "fraudulent"});
    let (here, there) = tokio::join!(stage.cast.partner.post(&path, &event), elsewhere.post(&path, &event));
    let (here, there) = (here?.ok()?, there?.ok()?);
    ensure!(here["id"] == there["id"] && stage.cast.treasurer.all(&path).await?.len() == 1, "{here} {there}");
    let of_ben = stage.charge(&ben, 1).await?;
    refused(&report(&stage, &of_ben, "evt-1", "1.00", json!({})).await?, "event-taken")?;

    ensure!(here["state"] == "open" && here["opened_entry"].is_i64(), "{here}");
    ensure!(stage.balance("assets:disputes:").await? == "115.00" && stage.balance("assets:cash:").await? == "35.00");
    let now = stage.charge(&stage.cast.partner.get("/v1/pledges?reference=ada").await?.ok()?["items"][0], 1).await?;
    ensure!(now["state"] == "disputed" && now["disputed"] == usd("100.00"), "{now}");
    let task = stage.cast.treasurer.get("/v1/me/waiting").await?.ok()?;
    ensure!(task["items"][0]["kind"] == "answer_chargeback" && task["items"][0]["object"] == here["id"], "{task}");
    let totals = format!("/v1/campaigns/{}/totals", text(&campaign, "/id")?);
    let shown = stage.cast.treasurer.get(&totals).await?.ok()?;
    ensure!(shown["disputed"] == usd("115.00") && shown["available"] == usd("50.00"), "{shown}");

    // Held: it is neither set aside, nor moved, nor released.
    refused(&milestone(&stage, &campaign, &stage.cast.team, "50.01").await?.1, "fund-short")?;
    let move_it = json!({"campaign": text(&other, "/id")?, "move_settled": true});
    let redirect = format!("/v1/pledges/{}:redirect", text(&here, "/pledge")?);
    let moved = stage.cast.partner.get(&format!("/v1/pledges/{}", text(&here, "/pledge")?)).await?;
    let tag = moved.etag.clone().unwrap_or_default();
    let moved =
        stage.cast.partner.send(reqwest::Method::POST, &redirect, Some(&move_it), &[("If-Match", &tag)]).await?;
    ensure!(!moved.status.is_success() || moved.body["moved"].is_null(), "{moved:?}");
    let released = release(&stage, &campaign, &stage.cast.team, "20.00", day(1, 7)).await?;
    let sources = format!("/v1/releases/{}/sources", text(&released, "/id")?);
    let sources = stage.cast.treasurer.all(&sources).await?;
    ensure!(sources.len() == 1 && sources[0]["pledge"] == of_ben["pledge"], "only what is not held: {sources:?}");

    // Both words at once: one of them decides.
    let (win, lose) = tokio::join!(end(&stage, &here, "win"), end(&stage, &here, "win"));
    ensure!(win?.ok()?["state"] == "won" && lose?.ok()?["state"] == "won");
    refused(&end(&stage, &here, "lose").await?, "chargeback-decided")?;
    ensure!(stage.balance("assets:disputes:").await? == "0.00" && stage.balance("assets:cash:").await? == "150.00");
    let shown = stage.cast.treasurer.get(&totals).await?.ok()?;
    ensure!(shown["disputed"] == usd("0.00") && shown["available"] == usd("130.00"), "{shown}");
    milestone(&stage, &campaign, &stage.cast.team, "130.00").await?.1.ok()?;
    stage.app.finish().await
}

#[tokio::test]
async fn p9_a_loss_is_borne_by_the_donors_own_money_and_waits_for_a_reserve_that_does_not_reach() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    promised(&stage, &campaign, "ben", "50.00").await?;
    let body = monthly(&campaign, "ada", "100.00", day(1, 1), 3, "sandbox_ok")?;
    let pledge = stage.pledge(&campaign, &body).await?;
    stage.cast.advance(day(1, 1)).await?;
    stage.cast.advance(day(1, 2)).await?;
    let charge = stage.charge(&pledge, 1).await?;

    // Before it has settled, nothing leaves; on the day on which it settles, it does.
    let opened = report(&stage, &charge, "evt-1", "60.00", json!({})).await?.ok()?;
    ensure!(opened["opened_entry"].is_null() && opened["state"] == "open", "{opened}");
    stage.cast.advance(day(1, 4)).await?;
    ensure!(again(&stage, &opened).await?["opened_entry"].is_i64());
    ensure!(stage.balance("assets:disputes:").await? == "75.00");

    let lost = end(&stage, &opened, "lose").await?.ok()?;
    ensure!(lost["state"] == "lost_unborne" && lost["borne_by"] == json!([]), "{lost}");
    ensure!(stage.balance("liabilities:fund:").await? == "150.00", "nothing is borne in part");
    let task = stage.cast.treasurer.get("/v1/me/waiting").await?.ok()?;
    ensure!(task["items"][0]["kind"] == "fund_reserve" && task["items"][0]["object"] == opened["id"], "{task}");
    ensure!(stage.charge(&pledge, 1).await?["state"] == "lost");
    let asked = stage.again(&pledge).await?;
    ensure!(asked["state"] == "needs_action" && asked["state_detail"] == "means", "{asked}");

    fund_reserve(&stage, "14.99").await?;
    ensure!(again(&stage, &opened).await?["state"] == "lost_unborne");
    let funded = fund_reserve(&stage, "0.01").await?;
    ensure!(funded["reserve"] == usd("15.00"), "{funded}");
    let lost = again(&stage, &opened).await?;
    ensure!(
        lost["state"] == "lost" && borne(&lost) == parts(&[("fund", "60.00"), ("risk_reserve", "15.00")]),
        "{lost}"
    );
    ensure!(stage.balance("liabilities:fund:").await? == "90.00" && stage.balance("assets:disputes:").await? == "0.00");
    ensure!(stage.balance("equity:risk-reserve").await? == "0.00");
    // What is left of the charge can be taken back too, and no more.
    refused(&report(&stage, &charge, "evt-2", "40.01", json!({})).await?, "chargeback-exceeds-charge")?;
    let uses = stage.cast.partner.get(&format!("/v1/pledges/{}/uses", text(&pledge, "/id")?)).await?.ok()?;
    ensure!(uses["items"][0]["kind"] == "dispute_lost" && uses["left"] == usd("40.00"), "{uses}");

    // Nobody deciding it, it is lost in the end, as of the end of its time.
    fund_reserve(&stage, "15.00").await?;
    let silent = report(&stage, &charge, "evt-3", "40.00", json!({})).await?.ok()?;
    stage.cast.advance(day(5, 2)).await?;
    ensure!(again(&stage, &silent).await?["state"] == "open", "119 days are not 120");
    stage.cast.advance(day(5, 6)).await?;
    let silent = again(&stage, &silent).await?;
    ensure!(silent["state"] == "lost" && silent["decided_at"] == silent["until"], "{silent}");
    ensure!(stage.charge(&pledge, 1).await?["lost"].is_null(), "what is shown is the state");
    let outbox = stage.cast.treasurer.all(&format!("/v1/books/{}/outbox", stage.cast.book)).await?;
    let to_treasurer = |mail: &&Value| mail["kind"] == "chargeback" && mail["recipient"] == "treasurer@host.example";
    let told = outbox.iter().filter(to_treasurer).count();
    ensure!(told == 4, "opened and lost, twice: {told}");
    stage.app.finish().await
}

#[tokio::test]
async fn p9_what_was_released_is_owed_by_the_teams_and_set_off_paid_back_or_given_up() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let charge = given(&stage, &campaign, "ada", "100.00").await?;
    let builders = organisation(&stage.cast.operator, "Builders", "project_team").await?;
    give_role(&stage.cast.operator, &builders, &stage.cast.claimant, "owner").await?;
    let first = release(&stage, &campaign, &stage.cast.team, "80.00", day(1, 7)).await?;
    ensure!(first["set_off"] == usd("0.00"), "{first}");
    release(&stage, &campaign, &builders, "10.00", day(1, 10)).await?;
    pay_out(&stage, &stage.cast.team, 7_000).await?;
    fund_reserve(&stage, "200.00").await?;

    // A bank debit that came back is lost at once: 10.00 is left, 90.00 was released, of which 70.00 is paid out.
    let returned = json!({"reason": "returned", "fee": usd("7.00")});
    let lost = report(&stage, &charge, "evt-1", "100.00", returned).await?.ok()?;
    let wanted = [
        ("fund", "10.00"),
        ("team_payable", "10.00"),
        ("team_receivable", "70.00"),
        ("team_payable", "10.00"),
        ("risk_reserve", "7.00"),
    ];
    let mut found = borne(&lost);
    found.sort();
    let mut wanted = parts(&wanted);
    wanted.sort();
    ensure!(lost["state"] == "lost" && found == wanted, "{lost}");
    let receivables = format!("/v1/books/{}/receivables", stage.cast.book);
    let owed = stage.cast.treasurer.all(&receivables).await?;
    ensure!(owed.len() == 1 && owed[0]["team"] == stage.cast.team && owed[0]["owed"] == usd("70.00"), "{owed:?}");
    let of_team = stage.cast.claimant.all(&format!("{receivables}?team={}", stage.cast.team)).await?;
    ensure!(of_team == owed, "a team sees what it owes: {of_team:?}");
    let stranger = stage.cast.stranger.get(&format!("{receivables}?team={}", stage.cast.team)).await?;
    ensure!(stranger.status == 404, "{stranger:?}");

    // The next release pays what the team owes first.
    given_later(&stage, &campaign, "eve", "60.00").await?;
    let next = release(&stage, &campaign, &stage.cast.team, "60.00", day(2, 10)).await?;
    ensure!(next["set_off"] == usd("60.00"), "{next}");
    ensure!(stage.balance("liabilities:payable:team:").await? == "0.00");
    let owed = stage.cast.treasurer.all(&receivables).await?;
    ensure!(owed[0]["owed"] == usd("10.00") && owed[0]["settled"] == usd("60.00"), "{owed:?}");

    let path = format!("{receivables}/{}", stage.cast.team);
    let paid = |amount: &str| json!({"amount": usd(amount), "custodian": stage.cast.platform, "reference": "bank-2"});
    let too_much = stage.cast.treasurer.post(&format!("{path}:recover"), &paid("10.01")).await?;
    refused(&too_much, "receivable-exceeded")?;
    let left = stage.cast.treasurer.post(&format!("{path}:recover"), &paid("4.00")).await?.ok()?;
    ensure!(left["owed"] == usd("6.00"), "{left}");
    let given_up = json!({"amount": usd("6.00"), "reason": "The team has dissolved"});
    let left = stage.cast.treasurer.post(&format!("{path}:write-off"), &given_up).await?.ok()?;
    ensure!(left["owed"] == usd("0.00"), "{left}");
    ensure!(stage.balance("equity:risk-reserve").await? == "187.00", "200.00 less 7.00 and 6.00");
    ensure!(stage.balance("assets:receivable:team:").await? == "0.00");
    stage.app.finish().await
}

/// A pledge that is captured on the first of February, and settles.
async fn given_later(stage: &Stage, campaign: &Value, reference: &str, amount: &str) -> Outcome {
    stage.pledge(campaign, &once(campaign, reference, amount, day(2, 1), "sandbox_ok")?).await?;
    stage.cast.advance(day(2, 1)).await?;
    stage.cast.advance(day(2, 4)).await
}

#[tokio::test]
async fn p9_the_sandbox_takes_charges_back_by_their_tokens_on_two_workers() -> Outcome {
    let stage = Stage::set_with(2, &[]).await?;
    let campaign = stage.campaign().await?;
    let mut pledges = Vec::new();
    for (reference, token) in [("won", "sandbox_disputed_won"), ("lost", "sandbox_disputed_lost"), ("ok", "sandbox_ok")]
    {
        let body = once(&campaign, reference, "100.00", day(1, 1), token)?;
        pledges.push(stage.pledge(&campaign, &body).await?);
    }
    fund_reserve(&stage, "100.00").await?;
    stage.cast.advance(day(1, 5)).await?;
    ensure!(stage.balance("assets:disputes:").await? == "0.00", "not before five days");
    stage.cast.advance(day(1, 7)).await?;
    ensure!(stage.balance("assets:disputes:").await? == "230.00");
    for pledge in &pledges[..2] {
        ensure!(stage.charge(pledge, 1).await?["state"] == "disputed");
    }
    stage.cast.advance(day(1, 17)).await?;
    let mut states = Vec::new();
    for pledge in &pledges {
        states.push(text(&stage.charge(pledge, 1).await?, "/state")?.to_owned());
    }
    ensure!(states == ["settled", "lost", "settled"], "{states:?}");
    ensure!(
        stage.balance("liabilities:fund:").await? == "200.00" && stage.balance("assets:disputes:").await? == "0.00"
    );
    ensure!(stage.balance("equity:risk-reserve").await? == "85.00" && stage.balance("assets:cash:").await? == "285.00");
    stage.app.finish().await
}

/// A live campaign whose terms name a processor's fee of 3.20 of 100.00, and the host's of 5 %.
async fn with_fees(stage: &Stage) -> anyhow::Result<Value> {
    let body = json!({
        "book": stage.cast.book, "slug": "open-oven", "title": "Open oven", "terms": "For the oven only.",
        "monthly_goal": usd("100.00"),
        "fees": [{"to": "processor", "percent": "2.9", "fixed": usd("0.30")}, {"to": "host", "percent": "5"}],
    });
    let campaign = stage.cast.treasurer.post("/v1/campaigns", &body).await?.ok()?;
    let path = format!("/v1/campaigns/{}:publish", text(&campaign, "/id")?);
    stage.cast.treasurer.post(&path, &json!({})).await?.ok()
}

#[tokio::test]
async fn p9_of_a_hundred_that_was_released_two_teams_owe_the_host_gives_its_fee_back_and_the_reserve_bears_18_20()
-> Outcome {
    let stage = Stage::set().await?;
    let campaign = with_fees(&stage).await?;
    let charge = given(&stage, &campaign, "ada", "100.00").await?;
    ensure!(stage.balance("liabilities:fund:").await? == "91.80" && stage.balance("income:fees").await? == "5.00");
    let builders = organisation(&stage.cast.operator, "Builders", "project_team").await?;
    give_role(&stage.cast.operator, &builders, &stage.cast.claimant, "owner").await?;
    release(&stage, &campaign, &stage.cast.team, "73.44", day(1, 7)).await?;
    release(&stage, &campaign, &builders, "18.36", day(1, 10)).await?;
    pay_out(&stage, &stage.cast.team, 7_344).await?;
    pay_out(&stage, &builders, 1_836).await?;
    ensure!(stage.balance("assets:cash:").await? == "5.00");

    // 5.00 of cash do not reach for 115.00: it stands without an entry until the host has paid in.
    let opened = report(&stage, &charge, "evt-1", "100.00", json!({})).await?.ok()?;
    ensure!(opened["state"] == "open" && opened["opened_entry"].is_null(), "{opened}");
    fund_reserve(&stage, "110.00").await?;
    ensure!(stage.balance("assets:disputes:").await? == "115.00" && stage.balance("assets:cash:").await? == "0.00");
    let lost = end(&stage, &opened, "lose").await?.ok()?;
    let mut found = borne(&lost);
    found.sort();
    let wanted =
        [("host_fee", "5.00"), ("risk_reserve", "18.20"), ("team_receivable", "18.36"), ("team_receivable", "73.44")];
    ensure!(lost["state"] == "lost" && found == parts(&wanted), "{lost}");
    let of_team = |part: &Value| part["team"] == stage.cast.team && part["amount"] == usd("73.44");
    ensure!(lost["borne_by"].as_array().is_some_and(|parts| parts.iter().any(of_team)), "{lost}");

    // Nothing is negative, and nothing is left over: what the teams owe stands against what is left of the reserve.
    let mut standing = stage.cast.trial_balance().await?;
    let apart = ["liabilities:fees", "liabilities:payouts", "equity:commitments"];
    standing.retain(|(code, ..)| !apart.iter().any(|prefix| code.starts_with(prefix)));
    let standing: Vec<(&str, &str, &str)> =
        standing.iter().map(|(code, side, amount)| (code.as_str(), *side, amount.as_str())).collect();
    let one = format!("assets:receivable:team:{}", stage.cast.team);
    let other = format!("assets:receivable:team:{builders}");
    let mut wanted =
        vec![(&*one, "debit", "73.44"), (&*other, "debit", "18.36"), ("equity:risk-reserve", "credit", "91.80")];
    wanted.sort_unstable();
    ensure!(standing == wanted, "{standing:?}");
    stage.app.finish().await
}

#[tokio::test]
async fn p13_a_bank_debit_settles_later_and_one_that_comes_back_after_the_release_is_borne_as_any_other() -> Outcome {
    let stage = Stage::set().await?;
    let campaign = stage.campaign().await?;
    let mut body = once(&campaign, "ada", "100.00", day(1, 1), "sandbox_ok")?;
    body["method"] = json!("debit");
    let pledge = stage.pledge(&campaign, &body).await?;
    ensure!(pledge["method"] == "debit", "{pledge}");
    let card = stage.pledge(&campaign, &once(&campaign, "ben", "50.00", day(1, 1), "sandbox_ok")?).await?;
    ensure!(card["method"] == "card", "{card}");
    stage.cast.advance(day(1, 1)).await?;
    stage.cast.advance(day(1, 7)).await?;
    ensure!(
        stage.charge(&card, 1).await?["state"] == "settled" && stage.charge(&pledge, 1).await?["state"] == "captured"
    );
    refused(&milestone(&stage, &campaign, &stage.cast.team, "50.01").await?.1, "fund-short")?;
    stage.cast.advance(day(1, 8)).await?;
    let charge = stage.charge(&pledge, 1).await?;
    ensure!(charge["state"] == "settled" && stage.balance("assets:cash:").await? == "150.00", "{charge}");

    release(&stage, &campaign, &stage.cast.team, "120.00", day(1, 12)).await?;
    pay_out(&stage, &stage.cast.team, 12_000).await?;
    fund_reserve(&stage, "100.00").await?;
    let returned = json!({"reason": "returned", "fee": usd("4.50"), "reported_on": day(1, 11).to_string()});
    let lost = report(&stage, &charge, "evt-1", "100.00", returned).await?.ok()?;
    let mut found = borne(&lost);
    found.sort();
    // The card settled first, and so its money went first: 70.00 of the debit was released, 30.00 is left.
    let wanted = [("fund", "30.00"), ("risk_reserve", "4.50"), ("team_receivable", "70.00")];
    ensure!(lost["state"] == "lost" && found == parts(&wanted), "{lost}");
    stage.app.finish().await
}
