//! Joining contributions over HTTP: paid in parts by lines of the bank, a quarter for good, and taken back with those lines.

use super::bank::{usd, why};
use super::{Coop, Outcome, is};
use anyhow::Context as _;
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};

impl Coop {
    async fn join(&self, member: usize, amount: &str, parts: i32) -> anyhow::Result<Answer> {
        let new = json!({
            "member": self.members[member]["id"], "amount": usd(amount), "parts": parts, "reserve_percent": "25",
            "memo": "For the first two years",
        });
        self.host.treasurer.post(&self.at("/joining-contributions"), &new).await
    }

    /// The plan as it is now.
    async fn plan(&self, granted: &Value) -> anyhow::Result<Value> {
        let path = format!("/v1/joining-contributions/{}", text(granted, "/id")?);
        self.host.treasurer.get(&path).await?.ok()
    }

    /// A line of this member's capital, with this reference, and what came of booking it.
    async fn pays(&self, member: usize, amount: &str, reference: &str) -> anyhow::Result<(String, Answer)> {
        let line = self.line("credit", usd(amount), reference).await?;
        let answer = self.book(&line, "capital_paid_in", text(&self.members[member], "/id")?).await?;
        Ok((line, answer))
    }

    async fn unbook(&self, line: &str) -> anyhow::Result<Answer> {
        self.host.treasurer.post(&format!("{line}:unbook"), &json!({"reason": "It was another"})).await
    }

    async fn cancel(&self, by: &Client, granted: &Value) -> anyhow::Result<Answer> {
        let path = format!("/v1/joining-contributions/{}:cancel", text(granted, "/id")?);
        by.post(&path, &json!({"reason": "She pays it at once"})).await
    }

    /// What the reserve has, and the capital of this member.
    async fn reserve_and_capital(&self, member: usize) -> anyhow::Result<(String, String)> {
        let capital = self.on(&format!("equity:capital:member:{}", member + 1)).await?;
        Ok((self.on("equity:reserve").await?, capital))
    }
}

fn pair(reserve: &str, capital: &str) -> (String, String) {
    (reserve.to_owned(), capital.to_owned())
}

/// The parts of a plan that are paid, by the last part of the path of the line that paid each.
fn paid_by(plan: &Value) -> Vec<&str> {
    let parts = plan["plan"].as_array().expect("a plan");
    parts.iter().filter_map(|part| part["bank_line"].as_str()).collect()
}

fn id_of(line: &str) -> &str {
    line.rsplit('/').next().expect("the last part of a path")
}

#[tokio::test]
async fn k14_sixteen_thousand_are_paid_in_24_parts_of_which_four_thousand_stay_in_the_reserve_for_good() -> Outcome {
    let coop = Coop::open().await?;
    let granted = coop.join(2, "16000.00", 24).await?;
    is(&granted, 201);
    let granted = granted.body;
    let parts = granted["plan"].as_array().context("a plan")?;
    let amounts: Vec<&str> = parts.iter().filter_map(|part| part["amount"]["amount"].as_str()).collect();
    assert_eq!((&amounts[..16], &amounts[16..]), (&["666.67"; 16][..], &["666.66"; 8][..]));
    let first = json!({
        "number": 1, "amount": usd("666.67"), "to_reserve": usd("166.67"), "to_capital": usd("500.00"), "bank_line": null,
        "entry": null,
    });
    assert_eq!(parts[0], first);
    assert!(parts.iter().all(|part| part["to_reserve"] == usd("166.67") || part["to_reserve"] == usd("166.66")));
    assert_eq!(coop.reserve_and_capital(2).await?, pair("0.00", "0.00"), "written down, nothing moves");

    let (line, booked) = coop.pays(2, "666.67", "first").await?;
    let booked = booked.ok()?;
    let entry = coop.host.treasurer.get(&coop.host.at(&format!("/journal-entries/{}", booked["entry"]))).await?.ok()?;
    let lines = entry["lines"].as_array().context("lines")?;
    let moved: Vec<[&str; 3]> = lines
        .iter()
        .map(|line| {
            ["/kind", "/credit", "/amount/amount"]
                .map(|field| line.pointer(field).and_then(Value::as_str).unwrap_or_default())
        })
        .collect();
    assert_eq!(
        moved,
        [["reserve_paid_in", "equity:reserve", "166.67"], ["capital_paid_in", "equity:capital:member:3", "500.00"]],
        "{entry}"
    );
    let plan = coop.plan(&granted).await?;
    assert_eq!((&plan["parts_paid"], &plan["state"], paid_by(&plan)), (&json!(1), &json!("open"), vec![id_of(&line)]));
    assert_eq!(plan["plan"][0]["entry"], booked["entry"]);

    for amount in ["666.66", "1333.33", "16000.00", "0.01"] {
        let (_, refused) = coop.pays(2, amount, amount).await?;
        assert_eq!(why(&refused), "409 joining-parts-differ", "{amount}");
        let said = text(&refused.body, "/detail")?.to_owned();
        assert!(said.contains("the next part, 2 of 24, is 666.67 USD"), "{said}");
    }
    coop.pays(2, "1333.34", "two").await?.1.ok()?;
    assert_eq!(coop.reserve_and_capital(2).await?, pair("500.00", "1500.01"), "166.67 + 166.67 + 166.66");
    for month in 4..=23 {
        let amount = if month <= 16 { "666.67" } else { "666.66" };
        coop.pays(2, amount, &format!("month {month}")).await?.1.ok()?;
    }
    assert_eq!(coop.plan(&granted).await?["state"], "open");
    coop.pays(2, "666.66", "last").await?.1.ok()?;
    let plan = coop.plan(&granted).await?;
    assert_eq!((&plan["parts_paid"], &plan["state"], paid_by(&plan).len()), (&json!(24), &json!("paid"), 24));
    assert_eq!(coop.reserve_and_capital(2).await?, pair("4000.00", "12000.00"));
    assert_eq!(coop.cash().await?, "16000.00");

    // With nothing to be paid any more, capital is capital, as it is of a member who never had a plan.
    coop.pays(2, "5.00", "more").await?.1.ok()?;
    coop.pays(0, "7.00", "other").await?.1.ok()?;
    assert_eq!(coop.reserve_and_capital(2).await?, pair("4000.00", "12005.00"));
    coop.host.app.finish().await
}

#[tokio::test]
async fn lines_that_paid_parts_are_taken_back_the_last_one_first_and_their_parts_are_to_be_paid_again() -> Outcome {
    let coop = Coop::open().await?;
    let granted = coop.join(0, "100.00", 3).await?.ok()?;
    let (first, booked) = coop.pays(0, "33.34", "first").await?;
    booked.ok()?;
    let (rest, booked) = coop.pays(0, "66.66", "rest").await?;
    booked.ok()?;
    assert_eq!(coop.reserve_and_capital(0).await?, pair("25.00", "75.00"));
    let refused = coop.unbook(&first).await?;
    assert_eq!(why(&refused), "409 joining-paid-later");
    assert!(text(&refused.body, "/detail")?.contains(&format!("POST {rest}:unbook")), "{}", refused.body);

    // A plan that is paid makes room for another, and then it cannot wait again beside it.
    let other = coop.join(0, "10.00", 1).await?.ok()?;
    assert_eq!(why(&coop.unbook(&rest).await?), "409 joining-open");
    coop.cancel(&coop.host.treasurer, &other).await?.ok()?;
    assert_eq!(coop.unbook(&rest).await?.ok()?["state"], "open");
    let plan = coop.plan(&granted).await?;
    assert_eq!((&plan["parts_paid"], &plan["state"], paid_by(&plan)), (&json!(1), &json!("open"), vec![id_of(&first)]));
    assert_eq!(coop.reserve_and_capital(0).await?, pair("8.34", "25.00"));
    assert_eq!(why(&coop.join(0, "10.00", 1).await?), "409 joining-open");

    // The same line pays them again; and what is cancelled is freed, but waits no more.
    coop.book(&rest, "capital_paid_in", text(&coop.members[0], "/id")?).await?.ok()?;
    assert_eq!(coop.reserve_and_capital(0).await?, pair("25.00", "75.00"));
    coop.unbook(&rest).await?.ok()?;
    let cancelled = coop.cancel(&coop.host.treasurer, &granted).await?.ok()?;
    let said = ["state", "parts_paid", "reason"].map(|field| cancelled[field].clone());
    assert_eq!(said, [json!("cancelled"), json!(1), json!("She pays it at once")]);
    assert_eq!(why(&coop.cancel(&coop.host.treasurer, &granted).await?), "409 joining-state");
    coop.unbook(&first).await?.ok()?;
    let plan = coop.plan(&granted).await?;
    assert_eq!((&plan["parts_paid"], &plan["state"], paid_by(&plan).len()), (&json!(0), &json!("cancelled"), 0));
    coop.book(&rest, "capital_paid_in", text(&coop.members[0], "/id")?).await?.ok()?;
    assert_eq!(coop.reserve_and_capital(0).await?, pair("0.00", "66.66"), "without a plan, all of it is capital");
    coop.host.app.finish().await
}

#[tokio::test]
async fn a_joining_contribution_is_written_down_for_a_member_by_somebody_else_and_read_by_both() -> Outcome {
    let coop = Coop::open().await?;
    let (keeper, path) = (&coop.host.treasurer, coop.at("/joining-contributions"));
    let new = |member: &Value| json!({"member": member, "amount": usd("1.00"), "parts": 100, "reserve_percent": "25"});
    let ada = &coop.members[0]["id"];
    is(&coop.ada.post(&path, &new(ada)).await?, 403);
    for (pointer, wrong) in [
        ("/amount", usd("0.00")),
        ("/amount", usd("0.99")),
        ("/amount", json!({"amount": "1.00", "currency": "EUR"})),
        ("/parts", json!(0)),
        ("/parts", json!(601)),
        ("/reserve_percent", json!("100.01")),
        ("/reserve_percent", json!("12.345")),
        ("/member", json!("mbr_none")),
    ] {
        let mut body = new(ada);
        body[&pointer[1..]] = wrong.clone();
        let refused = keeper.post(&path, &body).await?;
        is(&refused, 422);
        let at = if wrong == usd("0.99") { "/parts" } else { pointer };
        assert!(refused.body["errors"].to_string().contains(at), "{wrong}: {}", refused.body);
    }
    is(&keeper.post(&path, &new(&json!("mbr_aaaaaaa7777777777777777777777777"))).await?, 404);
    let email = keeper.get("/v1/me").await?.ok()?["email"].clone();
    let treasurer = json!({"email": email, "group": "workers", "joined_on": "2026-01-01"});
    let treasurer = keeper.post(&coop.at("/members"), &treasurer).await?.ok()?;
    assert_eq!(why(&keeper.post(&path, &new(&treasurer["id"])).await?), "409 same-person");
    let left = json!({"left_on": "2027-12-31"});
    keeper.post(&format!("/v1/members/{}:leave", text(&coop.members[1], "/id")?), &left).await?.ok()?;
    assert_eq!(why(&coop.join(1, "1.00", 1).await?), "409 member-left");
    assert!(keeper.all(&path).await?.is_empty(), "nothing is written of what was refused");

    let granted = keeper.post(&path, &new(ada)).await?.ok()?;
    let cems = coop.join(2, "2.00", 2).await?.ok()?;
    assert_eq!(why(&coop.join(0, "1.00", 1).await?), "409 joining-open");
    let all = keeper.all(&path).await?;
    assert_eq!((all.len(), &all[0]["id"], &all[1]["id"]), (2, &granted["id"], &cems["id"]));
    assert_eq!(coop.ada.all(&path).await?, all[..1], "members see their own");
    let of = |member: usize| format!("{path}?member={}", coop.members[member]["id"].as_str().unwrap_or_default());
    assert_eq!(keeper.all(&of(2)).await?, all[1..]);
    is(&coop.ada.get(&of(2)).await?, 404);
    is(&coop.host.stranger().await?.get(&path).await?, 404);
    let one = |granted: &Value| format!("/v1/joining-contributions/{}", granted["id"].as_str().unwrap_or_default());
    assert_eq!(coop.ada.get(&one(&granted)).await?.ok()?, granted);
    is(&coop.ada.get(&one(&cems)).await?, 404);
    is(&coop.cancel(&coop.ada, &granted).await?, 403);
    coop.host.app.finish().await
}

#[tokio::test]
async fn two_lines_at_once_pay_two_parts_and_no_part_is_paid_twice() -> Outcome {
    let coop = Coop::open().await?;
    let (one, other) = tokio::join!(coop.join(0, "30.00", 3), coop.join(0, "30.00", 3));
    let mut both = [why(&one?), why(&other?)];
    both.sort();
    assert_eq!(both, ["201 ", "409 joining-open"]);
    let granted = coop.host.treasurer.all(&coop.at("/joining-contributions")).await?.remove(0);
    let member = text(&coop.members[0], "/id")?;
    let lines = [coop.line("credit", usd("10.00"), "a").await?, coop.line("credit", usd("10.00"), "b").await?];
    let (one, other) =
        tokio::join!(coop.book(&lines[0], "capital_paid_in", member), coop.book(&lines[1], "capital_paid_in", member));
    assert_eq!((one?.status.as_u16(), other?.status.as_u16()), (200, 200));
    let plan = coop.plan(&granted).await?;
    assert_eq!((&plan["parts_paid"], paid_by(&plan).len()), (&json!(2), 2));

    // Of two lines for the last part one is capital beside the plan, which is paid by then; of two that are more than it, none is.
    let (_, refused) = coop.pays(0, "20.00", "c").await?;
    assert_eq!(why(&refused), "409 joining-parts-differ");
    let (one, other) = tokio::join!(coop.pays(0, "10.00", "d"), coop.pays(0, "10.00", "e"));
    assert_eq!((one?.1.status.as_u16(), other?.1.status.as_u16()), (200, 200));
    assert_eq!(coop.reserve_and_capital(0).await?, pair("7.50", "32.50"));
    assert_eq!(coop.plan(&granted).await?["state"], "paid");
    coop.host.app.finish().await
}
