//! Cooperatives of two members, with a distribution in every state.

use super::{Known, Outcome};
use anyhow::Context as _;
use api::demo::cast::{Cast, advance, give_role, idle, organisation, sandbox_book, usd};
use api::demo::client::{Client, text};
use jiff::civil::date;
use serde_json::{Value, json};

/// Two owners: the treasurer, and the one who does what the treasurer may not do to a thing of its own.
pub(super) async fn fill(cast: &Cast, known: &mut Known) -> Outcome {
    let press = Cooperative::found(cast, "Press Workers").await?;
    for id in [&press.organisation, &press.book] {
        known.add(id);
    }
    let book = json!({"book": press.book});
    known.example("POST /v1/cooperatives/{book}/allocation-rules", book.clone(), rule("2030-01-01"));
    let given = json!([{"group": "workers"}, {"group": "workers", "hours": "8", "index": "1.5"}]);
    let trial = json!({"rule": rule("2030-01-01"), "surplus": usd("100.00"), "members": given});
    known.example("POST /v1/cooperatives/{book}/allocation-rules:preview", book.clone(), trial);
    known.example("POST /v1/cooperatives/{book}/distributions", book.clone(), period());
    let hours = json!({"from": "2025-07-01", "to": "2025-07-02", "hours": "8"});
    known.example("POST /v1/cooperatives/{book}/contributions", book.clone(), hours.clone());
    give_role(&cast.treasurer, &press.organisation, &cast.reviewers[1], "member").await?;
    let member = json!({"email": "raul@host.example", "group": "workers", "consents": true});
    known.example("POST /v1/cooperatives/{book}/members", book.clone(), member);
    known.example("POST /v1/cooperatives/{book}/proceeds", book, sale("2025-08-01"));
    let path = format!("/v1/cooperatives/{}/contributions", press.book);
    let recorded = press.second.post(&path, &hours).await?.ok()?;
    known.add(text(&recorded, "/id")?);
    known.example("POST /v1/contributions/{id}:attest", json!({"id": recorded["id"]}), json!({}));
    let wrong = press.second.post(&path, &hours).await?.ok()?;
    let mistake = json!({"reason": "recorded twice"});
    known.example("POST /v1/contributions/{id}:reverse", json!({"id": wrong["id"]}), mistake.clone());
    let sold =
        cast.treasurer.post(&format!("/v1/cooperatives/{}/proceeds", press.book), &sale("2025-09-01")).await?.ok()?;
    known.add(text(&sold, "/id")?);
    known.example("POST /v1/proceeds/{id}:reverse", json!({"id": sold["id"]}), mistake.clone());
    let loss = Cooperative::found(cast, "loss").await?;
    known.example("POST /v1/cooperatives/{book}/results", json!({"book": loss.book}), period());
    let closed = Cooperative::found(cast, "closed").await?;
    let closed = cast.treasurer.post(&format!("/v1/cooperatives/{}/results", closed.book), &period()).await?.ok()?;
    known.add(text(&closed, "/id")?);
    known.example("POST /v1/results/{id}:reverse", json!({"id": closed["id"]}), mistake);
    let bylaws = json!({"title": "Bylaws", "url": "https://press.example/bylaws", "sha256": "c".repeat(64)});
    cast.treasurer.post(&format!("/v1/cooperatives/{}/bylaws", press.book), &bylaws).await?.ok()?;
    known.example("POST /v1/cooperatives/{book}/bylaws", json!({"book": press.book}), bylaws.clone());
    let agrees = json!({"consents": true, "bylaws_sha256": bylaws["sha256"]});
    known.example("POST /v1/members/{id}:consent", json!({"id": press.members[0]}), agrees);
    known.example("POST /v1/members/{id}:leave", json!({"id": press.members[1]}), json!({"left_on": null}));
    known.add(&press.members[0]);
    let paid = Cooperative::found(cast, "advance").await?;
    let some = json!({"member": paid.members[1], "amount": usd("0.10")});
    known.example("POST /v1/cooperatives/{book}/advances", json!({"book": paid.book}), some.clone());
    let granted = cast.treasurer.post(&format!("/v1/cooperatives/{}/advances", paid.book), &some).await?.ok()?;
    known.add(text(&granted, "/id")?);
    known.example("POST /v1/advances/{id}:reverse", json!({"id": granted["id"]}), json!({"reason": "Granted twice"}));
    let bakery = Cooperative::found(cast, "opened").await?;
    let opened = |amount: &str| {
        json!({"balances": [
            {"account": "assets:cash:bank", "amount": usd(amount)}, {"account": "equity:reserve", "amount": usd(amount)},
        ]})
    };
    known.example("POST /v1/cooperatives/{book}/openings", json!({"book": press.book}), opened("0.30"));
    let first =
        cast.treasurer.post(&format!("/v1/cooperatives/{}/openings", bakery.book), &opened("0.20")).await?.ok()?;
    known.add(text(&first, "/id")?);
    known.example("POST /v1/openings/{id}:reverse", json!({"id": first["id"]}), json!({"reason": "Closed anew"}));
    vat(cast, known).await?;
    joining(cast, known, &paid).await?;
    loans(cast, known).await?;
    successions(cast, known).await?;
    remittances(cast, known).await?;
    votes(cast, known).await?;
    let index = json!({"index": "1.5", "effective_from": "2025-08-01"});
    known.example("POST /v1/members/{id}/indices", json!({"id": press.members[1]}), index);

    let reason = json!({"reason": "My hours are missing"});
    for (step, is_open) in [("open", false), ("withdraw", false), ("object", true), ("approve", true)] {
        let found = Cooperative::found(cast, step).await?;
        let drafted = found.draft(found.second).await?;
        if is_open {
            found.step(found.second, &drafted, "open", &json!({})).await?;
        }
        let body = match step {
            "open" => json!({}),
            "approve" => json!({"digest": drafted["digest"]}),
            _ => reason.clone(),
        };
        known.example(&format!("POST /v1/distributions/{{id}}:{step}"), json!({"id": drafted["id"]}), body);
    }
    let found = Cooperative::found(cast, "reverse").await?;
    let drafted = found.draft(&cast.treasurer).await?;
    found.step(&cast.treasurer, &drafted, "open", &json!({})).await?;
    found.step(found.second, &drafted, "approve", &json!({"digest": drafted["digest"]})).await?;
    advance(&cast.treasurer, &found.book, date(2031, 1, 1)).await?;
    known.example("POST /v1/distributions/{id}:reverse", json!({"id": drafted["id"]}), reason);
    known.add(text(&drafted, "/id")?);
    redemptions(cast, known).await?;
    for place in ["", "/file"] {
        let read = format!("GET /v1/cooperatives/{{book}}/tax-years/{{year}}{place}");
        known.example(&read, json!({"book": found.book, "year": "2028"}), Value::Null);
    }
    let statements = cast.treasurer.all(&format!("/v1/cooperatives/{}/statements", found.book)).await?;
    known.add(text(statements.first().context("a statement")?, "/id")?);
    Ok(())
}

/// A loan whose interest is not booked.
async fn loans(cast: &Cast, known: &mut Known) -> Outcome {
    let found = Cooperative::found(cast, "loans").await?;
    let lent = json!({"on": "2025-01-01", "balances": [
        {"account": "assets:cash:bank", "amount": usd("1000.00")}, {"account": "liabilities:loan:seed", "amount": usd("1000.00")},
    ]});
    cast.treasurer.post(&format!("/v1/cooperatives/{}/openings", found.book), &lent).await?.ok()?;
    let (book, terms) =
        (json!({"book": found.book}), |from: &str| json!({"lender": "seed", "rate": "3", "effective_from": from}));
    cast.treasurer.post(&format!("/v1/cooperatives/{}/loan-terms", found.book), &terms("2025-01-01")).await?.ok()?;
    known.example("POST /v1/cooperatives/{book}/loan-terms", book.clone(), terms("2025-06-01"));
    let interest = json!({"lender": "seed", "through": "2025-03-31"});
    known.example("POST /v1/cooperatives/{book}/loan-interest", book, interest);
    Ok(())
}

/// Remittances between two cooperatives, in the states that examples take on.
async fn remittances(cast: &Cast, known: &mut Known) -> Outcome {
    let (from, to) = (Cooperative::found(cast, "sends").await?, Cooperative::found(cast, "receives").await?);
    let bank = format!("assets:cash:{}", from.organisation);
    let had = json!({"balances": [
        {"account": bank, "amount": usd("50.00")}, {"account": "equity:fund:solidarity", "amount": usd("50.00")},
    ]});
    cast.treasurer.post(&format!("/v1/cooperatives/{}/openings", from.book), &had).await?.ok()?;
    let new = json!({"to": to.book, "from_fund": "fund:solidarity", "to_fund": "fund:common", "amount": usd("1.00")});
    let path = format!("/v1/cooperatives/{}/remittances", from.book);
    known.example("POST /v1/cooperatives/{book}/remittances", json!({"book": from.book}), new.clone());
    known.example(
        "GET /v1/cooperatives/{book}/consolidation",
        json!({"book": from.book, "with": to.book}),
        Value::Null,
    );
    affiliations(cast, (&from, &to), known).await?;
    for step in ["approve", "withdraw", "pay", "accept", "decline", "receive"] {
        let by = if step == "approve" { from.second } else { &cast.treasurer };
        let asked = by.post(&path, &new).await?.ok()?;
        let one = text(&asked, "/id")?;
        let reason = json!({"reason": "It is meant for another fund"});
        match step {
            "approve" => known.example("POST /v1/remittances/{id}:approve", json!({"id": one}), json!({})),
            "withdraw" => known.example("POST /v1/remittances/{id}:withdraw", json!({"id": one}), reason),
            _ => {
                from.second.post(&format!("/v1/remittances/{one}:approve"), &json!({})).await?.ok()?;
                let incoming = format!("/v1/cooperatives/{}/incoming-remittances", to.book);
                idle(&cast.treasurer, &from.book).await?;
                let offered = cast.treasurer.all(&incoming).await?;
                let there = text(offered.last().context("what was sent is offered")?, "/id")?.to_owned();
                let at = json!({"id": there});
                match step {
                    "accept" => known.example("POST /v1/incoming-remittances/{id}:accept", at, json!({})),
                    "decline" => known.example("POST /v1/incoming-remittances/{id}:decline", at, reason),
                    _ => {
                        cast.treasurer
                            .post(&format!("/v1/incoming-remittances/{there}:accept"), &json!({}))
                            .await?
                            .ok()?;
                        idle(&cast.treasurer, &to.book).await?;
                        known.add(one);
                        known.add(&there);
                        if step == "receive" {
                            known.example("POST /v1/incoming-remittances/{id}:receive", at, json!({}));
                        } else {
                            known.example("POST /v1/remittances/{id}:pay", json!({"id": one}), json!({}));
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// A federation of the second cooperative, and invitations of others, in the states that examples take on.
async fn affiliations(
    cast: &Cast,
    (first, second): (&Cooperative<'_>, &Cooperative<'_>),
    known: &mut Known,
) -> Outcome {
    let of = |book: &str| json!({"member": book});
    let path = format!("/v1/cooperatives/{}/affiliations", second.book);
    known.example("POST /v1/cooperatives/{book}/affiliations", json!({"book": first.book}), of(&second.book));
    for step in ["accept", "decline", "end"] {
        let asked = Cooperative::found(cast, &format!("affiliated-{step}")).await?;
        let invited = cast.treasurer.post(&path, &of(&asked.book)).await?.ok()?;
        let one = text(&invited, "/id")?;
        known.add(one);
        let reason = json!({"reason": "It joins another federation"});
        let body = if step == "accept" { json!({}) } else { reason };
        if step == "end" {
            asked.second.post(&format!("/v1/affiliations/{one}:accept"), &json!({})).await?.ok()?;
        }
        known.example(&format!("POST /v1/affiliations/{{id}}:{step}"), json!({"id": one}), body);
    }
    Ok(())
}

/// Cooperatives whose members have decided that they end: one that has left nothing to its successor yet, and one that has.
async fn successions(cast: &Cast, known: &mut Known) -> Outcome {
    for is_left in [false, true] {
        let found = Cooperative::found(cast, if is_left { "left" } else { "ending" }).await?;
        let at = |rest: &str| format!("/v1/cooperatives/{}/{rest}", found.book);
        let sold = cast.treasurer.all(&at("proceeds")).await?;
        let back = format!("/v1/proceeds/{}:reverse", text(sold.first().context("a sale")?, "/id")?);
        cast.treasurer.post(&back, &json!({"reason": "It was given back"})).await?.ok()?;
        let reserve = json!({"balances": [
            {"account": "assets:cash:bank", "amount": usd("5.00")}, {"account": "equity:reserve", "amount": usd("5.00")},
        ]});
        cast.treasurer.post(&at("openings"), &reserve).await?.ok()?;
        advance(&cast.treasurer, &found.book, date(2030, 12, 1)).await?;
        let end = json!({
            "title": "The end", "text": "The cooperative is dissolved.", "last_day": "2030-12-10", "quorum": 1, "threshold": "two_thirds",
        });
        let end = cast.treasurer.post(&at("proposals"), &end).await?.ok()?;
        let vote = format!("/v1/proposals/{}:vote", text(&end, "/id")?);
        cast.treasurer.post(&vote, &json!({"choice": "yes"})).await?.ok()?;
        advance(&cast.treasurer, &found.book, date(2031, 1, 1)).await?;
        let new = json!({"successor": "union", "proposal": end["id"]});
        if is_left {
            let passed = cast.treasurer.post(&at("successions"), &new).await?.ok()?;
            known.add(text(&passed, "/id")?);
            let reason = json!({"reason": "A debt was forgotten"});
            known.example("POST /v1/successions/{id}:reverse", json!({"id": passed["id"]}), reason);
        } else {
            known.example("POST /v1/cooperatives/{book}/successions", json!({"book": found.book}), new);
        }
    }
    Ok(())
}

/// Cooperatives with value added tax: one that declares it, and one that takes that back.
async fn vat(cast: &Cast, known: &mut Known) -> anyhow::Result<()> {
    let declared = json!({"through": "2026-03-31", "office": "tax-office"});
    for (name, takes_back) in [("vat", false), ("taxed", true)] {
        let found = Cooperative::found(cast, name).await?;
        let at = |rest: &str| format!("/v1/cooperatives/{}/{rest}", found.book);
        let sale = json!({
            "kind": "sale", "label": "bread", "party": "bank", "amount": usd("100.00"), "vat": usd("19.00"),
            "occurred_on": "2026-03-01",
        });
        cast.treasurer.post(&at("proceeds"), &sale).await?.ok()?;
        if takes_back {
            let made = cast.treasurer.post(&at("vat-declarations"), &declared).await?.ok()?;
            known.add(text(&made, "/id")?);
            let why = json!({"reason": "A cost is missing"});
            known.example("POST /v1/vat-declarations/{id}:reverse", json!({"id": made["id"]}), why);
        } else {
            let book = json!({"book": found.book});
            known.example("POST /v1/cooperatives/{book}/vat-declarations", book, declared.clone());
        }
    }
    Ok(())
}

/// A joining contribution that waits for its parts, and a member who has none yet.
async fn joining(cast: &Cast, known: &mut Known, free: &Cooperative<'_>) -> Outcome {
    let new = |member: &str| json!({"member": member, "amount": usd("100.00"), "parts": 3, "reserve_percent": "25"});
    let (path, book) = ("POST /v1/cooperatives/{book}/joining-contributions", json!({"book": free.book}));
    known.example(path, book, new(&free.members[1]));
    let found = Cooperative::found(cast, "joining").await?;
    let path = format!("/v1/cooperatives/{}/joining-contributions", found.book);
    let granted = cast.treasurer.post(&path, &new(&found.members[1])).await?.ok()?;
    known.add(text(&granted, "/id")?);
    let reason = json!({"reason": "The member pays it at once"});
    known.example("POST /v1/joining-contributions/{id}:cancel", json!({"id": granted["id"]}), reason);
    Ok(())
}

/// A cooperative that votes: on something that goes on, and on what is voted on and given up by examples.
async fn votes(cast: &Cast, known: &mut Known) -> Outcome {
    let found = Cooperative::found(cast, "votes").await?;
    advance(&cast.treasurer, &found.book, date(2030, 12, 1)).await?;
    let new = json!({
        "title": "Equal parts", "text": "What is left is divided in equal parts.", "last_day": "2031-01-31", "quorum": 1,
        "threshold": "majority", "rule": rule("2032-01-01"),
    });
    let (path, book) = (format!("/v1/cooperatives/{}/proposals", found.book), json!({"book": found.book}));
    known.example("POST /v1/cooperatives/{book}/proposals", book.clone(), new.clone());
    known.example("POST /v1/cooperatives/{book}/delegation", book.clone(), json!({"delegate": found.members[1]}));
    let by_vote = json!({"by_vote": true, "quorum_percent": "33.34", "threshold": "two_thirds"});
    known.example("POST /v1/cooperatives/{book}/rule-making", book, by_vote);
    let reason = json!({"reason": "The rule has a mistake"});
    for (step, body) in [("vote", json!({"choice": "yes"})), ("withdraw", reason)] {
        let opened = cast.treasurer.post(&path, &new).await?.ok()?;
        known.example(&format!("POST /v1/proposals/{{id}}:{step}"), json!({"id": opened["id"]}), body);
    }
    let opened = cast.treasurer.post(&path, &new).await?.ok()?;
    known.add(text(&opened, "/id")?);
    Ok(())
}

/// Cooperatives that have retained all of a surplus, with a redemption in each state.
async fn redemptions(cast: &Cast, known: &mut Known) -> Outcome {
    let some = json!({"amount": usd("1.00")});
    for step in ["redeem", "approve", "withdraw", "reverse"] {
        let found = Cooperative::retaining(cast, step).await?;
        if step == "redeem" {
            known.example("POST /v1/cooperatives/{book}/redemptions", json!({"book": found.book}), some.clone());
            continue;
        }
        let (asks, approves) = match step {
            "reverse" => (&cast.treasurer, found.second),
            _ => (found.second, &cast.treasurer),
        };
        let asked = asks.post(&format!("/v1/cooperatives/{}/redemptions", found.book), &some).await?.ok()?;
        let approval = json!({"digest": asked["digest"]});
        if step == "reverse" {
            let path = format!("/v1/redemptions/{}:approve", text(&asked, "/id")?);
            approves.post(&path, &approval).await?.ok()?;
            known.add(text(&asked, "/id")?);
        }
        let body = if step == "approve" { approval } else { json!({"reason": "The cash is needed"}) };
        known.example(&format!("POST /v1/redemptions/{{id}}:{step}"), json!({"id": asked["id"]}), body);
    }
    Ok(())
}

/// All that is left goes to the workers in equal parts.
fn rule(from: &str) -> Value {
    json!({"effective_from": from, "objection_days": 7, "steps": [
        {"step": "members", "groups": [{"group": "workers", "percent": "100", "by": "equal"}]},
    ]})
}

fn sale(on: &str) -> Value {
    json!({"kind": "sale", "label": "presses", "party": "bank", "amount": usd("100.00"), "occurred_on": on})
}

fn period() -> Value {
    json!({"from": "2025-01-01", "to": "2025-06-30"})
}

/// A cooperative that has sold something.
struct Cooperative<'a> {
    second: &'a Client,
    organisation: String,
    book: String,
    /// `mbr_…` of the treasurer and of the second.
    members: [String; 2],
}

impl Cooperative<'_> {
    async fn found<'a>(cast: &'a Cast, name: &str) -> anyhow::Result<Cooperative<'a>> {
        Cooperative::under(cast, name, rule("2025-01-01")).await
    }

    /// One that has distributed a period, all of it to the capital of its members.
    async fn retaining<'a>(cast: &'a Cast, name: &str) -> anyhow::Result<Cooperative<'a>> {
        let mut rule = rule("2025-01-01");
        rule["steps"][0]["retained"] = json!("100");
        let found = Cooperative::under(cast, &format!("{name} capital"), rule).await?;
        let drafted = found.draft(&cast.treasurer).await?;
        found.step(&cast.treasurer, &drafted, "open", &json!({})).await?;
        found.step(found.second, &drafted, "approve", &json!({"digest": drafted["digest"]})).await?;
        advance(&cast.treasurer, &found.book, date(2031, 1, 1)).await?;
        Ok(found)
    }

    async fn under<'a>(cast: &'a Cast, name: &str, rule: Value) -> anyhow::Result<Cooperative<'a>> {
        let by = &cast.treasurer;
        let organisation = organisation(by, name, "cooperative").await?;
        give_role(by, &organisation, &cast.reviewers[0], "owner").await?;
        let book = sandbox_book(by, &organisation, name).await?;
        let post =
            async |what: &str, body: Value| by.post(&format!("/v1/cooperatives/{book}/{what}"), &body).await?.ok();
        let join = async |email: &str| -> anyhow::Result<String> {
            let member = json!({"email": email, "group": "workers", "joined_on": "2025-01-01", "consents": true});
            Ok(text(&post("members", member).await?, "/id")?.to_owned())
        };
        let members = [join("treasurer@host.example").await?, join("rita@host.example").await?];
        post("allocation-rules", rule).await?;
        post("proceeds", sale("2025-03-01")).await?;
        Ok(Cooperative { second: &cast.reviewers[0], organisation, book, members })
    }

    async fn draft(&self, by: &Client) -> anyhow::Result<Value> {
        by.post(&format!("/v1/cooperatives/{}/distributions", self.book), &period()).await?.ok()
    }

    async fn step(&self, by: &Client, distribution: &Value, step: &str, body: &Value) -> Outcome {
        let path = format!("/v1/distributions/{}:{step}", text(distribution, "/id")?);
        by.post(&path, body).await?.ok().map(|_| ())
    }
}
