//! Votes of a cooperative's members, over HTTP: what is proposed, who votes for whom, and what the service does when it has passed.

use super::{Coop, Outcome, is};
use anyhow::{Context as _, ensure};
use api::demo::client::{Answer, Client, text};
use serde_json::{Value, json};

/// The cooperative, with a client of each of its members: four workers, two of the management.
struct Voters {
    coop: Coop,
    all: Vec<Client>,
}

impl Voters {
    async fn set() -> anyhow::Result<Voters> {
        let coop = Coop::open().await?;
        let mut all = Vec::new();
        for name in ["ada", "bea", "cem", "dora", "eli", "fay"] {
            all.push(coop.host.app.sign_in(&format!("{name}@press.example")).await?);
        }
        Ok(Voters { coop, all })
    }

    fn keeper(&self) -> &Client {
        &self.coop.host.treasurer
    }

    /// Puts something to the vote until the end of 31 January 2028, with some fields otherwise.
    async fn propose(&self, other: &Value) -> anyhow::Result<Answer> {
        let mut body = json!({
            "title": "Equal parts", "text": "From July on, what is left is divided in equal parts.",
            "last_day": "2028-01-31", "quorum": 3, "threshold": "majority",
        });
        for (field, value) in other.as_object().context("fields")? {
            body[field] = value.clone();
        }
        self.keeper().post(&self.coop.at("/proposals"), &body).await
    }

    async fn vote(&self, proposal: &Value, member: usize, choice: &str) -> anyhow::Result<Answer> {
        self.all[member].post(&of(proposal, ":vote")?, &json!({"choice": choice})).await
    }

    /// Lets a member vote for another one.
    async fn give(&self, member: usize, to: Option<usize>) -> anyhow::Result<Answer> {
        let body = json!({"delegate": to.map(|to| self.coop.members[to]["id"].clone())});
        self.all[member].post(&self.coop.at("/delegation"), &body).await
    }

    async fn pass(&self, to: &str) -> Outcome {
        self.coop.host.app.advance(self.keeper(), &self.coop.host.book, to).await
    }

    async fn read(&self, proposal: &Value) -> anyhow::Result<Value> {
        self.keeper().get(&of(proposal, "")?).await?.ok()
    }

    async fn rules(&self) -> anyhow::Result<Vec<Value>> {
        self.keeper().all(&self.coop.at("/allocation-rules")).await
    }
}

fn of(proposal: &Value, what: &str) -> anyhow::Result<String> {
    Ok(format!("/v1/proposals/{}{what}", text(proposal, "/id")?))
}

fn equal(from: &str) -> Value {
    let groups = json!([
        {"group": "workers", "percent": "80.00", "by": "equal"}, {"group": "management", "percent": "20.00", "by": "equal"},
    ]);
    json!({"effective_from": from, "objection_days": 7, "steps": [{"step": "members", "groups": groups, "retained": "0.00"}]})
}

fn refused(answer: &Answer, code: &str) -> Outcome {
    ensure!(answer.status == 409 && answer.body["type"] == format!("/problems/{code}"), "{code}: {answer:?}");
    Ok(())
}

fn invalid(answer: &Answer, pointer: &str) -> Outcome {
    ensure!(answer.status == 422 && answer.body["errors"][0]["pointer"] == pointer, "{pointer}: {answer:?}");
    Ok(())
}

#[tokio::test]
async fn k18_members_vote_themselves_or_by_others_and_the_rule_that_passes_is_published_as_of_the_end_of_the_last_day()
-> Outcome {
    let mut it = Voters::set().await?;
    for (wrong, pointer) in [
        (json!({"last_day": "2028-01-01"}), "/last_day"),
        (json!({"last_day": "2029-01-02"}), "/last_day"),
        (json!({"quorum": 7}), "/quorum"),
        (json!({"threshold": "all"}), "/threshold"),
        (json!({"colleges": [{"group": "workers", "weight": "100"}]}), "/colleges"),
    ] {
        invalid(&it.propose(&wrong).await?, pointer)?;
    }
    let mut short = equal("2028-02-01");
    short["steps"][0]["groups"][0]["percent"] = json!("79");
    refused(&it.propose(&json!({"rule": short})).await?, "rule-invalid")?;
    let own = json!({"title": "Mine", "text": "Mine.", "last_day": "2028-01-31", "quorum": 1, "threshold": "majority"});
    is(&it.all[0].post(&it.coop.at("/proposals"), &own).await?, 403);

    let opened = it.propose(&json!({"rule": equal("2028-02-01")})).await?.ok()?;
    assert_eq!(
        (&opened["state"], &opened["electors"], &opened["is_elector"]),
        (&json!("open"), &json!(6), &json!(false))
    );
    assert_eq!(opened["rule"]["steps"], equal("")["steps"]);
    it.coop.host.app.work_until_idle().await?;
    assert_eq!(it.coop.host.app.mails("vote", "fay@press.example")?, 1);

    // Cem gives to Bea and Dora to Cem; Bea has no way back to Dora. Eli gives to Ada, and votes itself.
    it.give(2, Some(1)).await?.ok()?;
    it.give(3, Some(2)).await?.ok()?;
    refused(&it.give(1, Some(3)).await?, "delegation-circle")?;
    invalid(&it.give(1, Some(1)).await?, "/delegate")?;
    it.give(4, Some(0)).await?.ok()?;
    is(&it.keeper().post(&it.coop.at("/delegation"), &json!({})).await?, 403);
    let own = it.all[3].get(&it.coop.at("/delegation")).await?.ok()?;
    assert_eq!(own["delegate"], it.coop.members[2]["id"]);

    // Ada says yes, and no after that; Bea yes; Eli neither. Fay says nothing, and gives her vote to nobody.
    it.vote(&opened, 0, "yes").await?.ok()?;
    let changed = it.vote(&opened, 0, "no").await?.ok()?;
    assert_eq!((&changed["own_vote"], &changed["counted"]), (&json!("no"), &Value::Null));
    it.vote(&opened, 1, "yes").await?.ok()?;
    it.vote(&opened, 4, "blank").await?.ok()?;
    invalid(&it.vote(&opened, 5, "perhaps").await?, "/choice")?;
    let seen = it.all[5].get(&of(&opened, "")?).await?.ok()?;
    assert_eq!((&seen["is_elector"], &seen["own_vote"]), (&json!(true), &Value::Null));
    assert_eq!(seen["colleges"][0]["yes"], Value::Null, "nobody sees a part of it before");

    // Who is admitted later is not on the list; who leaves is.
    it.coop.host.person("gus@press.example", "member").await?;
    let gus = json!({"email": "gus@press.example", "group": "workers", "consents": true});
    it.keeper().post(&it.coop.at("/members"), &gus).await?.ok()?;
    let gus = it.coop.host.app.sign_in("gus@press.example").await?;
    refused(&gus.post(&of(&opened, ":vote")?, &json!({"choice": "yes"})).await?, "not-an-elector")?;
    let listed = it.keeper().all(&of(&opened, "/electors")?).await?;
    assert_eq!(listed.len(), 6);
    let own = it.all[2].all(&of(&opened, "/electors")?).await?;
    assert_eq!(own.iter().map(|it| &it["number"]).collect::<Vec<_>>(), [&json!(3)]);

    // Late: Cem takes its vote back when the last day is over, before anybody has counted. That is not of this vote.
    it.coop.host.app.stack().workers().clear();
    it.coop.host.app.leap_clock(&it.coop.host.book, "2028-02-01T00:00:00Z").await?;
    refused(&it.vote(&opened, 5, "no").await?, "vote-over")?;
    assert_eq!(it.read(&opened).await?["state"], "open", "nobody has counted");
    it.give(2, None).await?.ok()?;
    it.coop.host.app.stack().add_worker(&[])?;
    it.coop.host.app.work_until_idle().await?;
    let ended = it.read(&opened).await?;
    assert_eq!(
        (&ended["state"], &ended["counted"], &ended["approval"]),
        (&json!("passed"), &json!(5), &json!("75.00"))
    );
    let all = &ended["colleges"][0];
    assert_eq!(
        (&all["yes"], &all["no"], &all["blank"], &all["delegated"]),
        (&json!(3), &json!(1), &json!(1), &json!(2))
    );
    let rules = it.rules().await?;
    assert_eq!((rules.len(), &rules[1]["id"]), (2, &ended["allocation_rule"]));
    assert_eq!((&rules[1]["published_at"], &rules[1]["steps"]), (&ended["ended_at"], &equal("")["steps"]));
    assert_eq!(ended["ended_at"], ended["closes_at"]);
    it.coop.host.app.finish().await
}

#[tokio::test]
async fn k19_colleges_weigh_as_said_two_thirds_are_more_than_a_majority_and_what_is_not_enough_does_nothing() -> Outcome
{
    let it = Voters::set().await?;
    let colleges = json!([{"group": "management", "weight": "40"}, {"group": "workers", "weight": "60"}]);
    let wide = json!({"colleges": colleges, "rule": equal("2028-02-01")});
    let strict = json!({"colleges": colleges, "threshold": "two_thirds", "rule": equal("2028-02-01")});
    let (wide, strict) = (it.propose(&wide).await?.ok()?, it.propose(&strict).await?.ok()?);
    let resolution = it.propose(&json!({"quorum": 4})).await?.ok()?;
    let given_up = it.propose(&json!({})).await?.ok()?;
    // Workers: 3 of 4 say yes, 45.00; of the management one of two, 20.00.
    for (member, choice) in ["yes", "yes", "yes", "no", "yes", "no"].into_iter().enumerate() {
        for proposal in [&wide, &strict] {
            it.vote(proposal, member, choice).await?.ok()?;
        }
    }
    for member in 0..3 {
        it.vote(&resolution, member, "yes").await?.ok()?;
    }
    let why = json!({"reason": "It is decided otherwise"});
    is(&it.all[0].post(&of(&given_up, ":withdraw")?, &why).await?, 403);
    let withdrawn = it.keeper().post(&of(&given_up, ":withdraw")?, &why).await?.ok()?;
    assert_eq!((&withdrawn["state"], &withdrawn["reason"]), (&json!("withdrawn"), &why["reason"]));
    refused(&it.vote(&given_up, 0, "yes").await?, "vote-over")?;

    it.pass("2028-02-02T12:00:00Z").await?;
    let (wide, strict) = (it.read(&wide).await?, it.read(&strict).await?);
    assert_eq!((&wide["state"], &wide["approval"]), (&json!("passed"), &json!("65.00")));
    assert_eq!((&strict["state"], &strict["approval"]), (&json!("failed"), &json!("65.00")));
    let resolution = it.read(&resolution).await?;
    assert_eq!((&resolution["state"], &resolution["counted"]), (&json!("failed"), &json!(3)), "a quorum of four");
    assert_eq!(resolution["approval"], "100.00");
    assert_eq!(it.rules().await?.len(), 2, "one rule has passed");
    let states: Vec<_> =
        it.keeper().all(&it.coop.at("/proposals")).await?.iter().map(|it| it["state"].clone()).collect();
    assert_eq!(states, ["withdrawn", "failed", "failed", "passed"], "the youngest first");
    assert_eq!(it.coop.host.app.mails("vote", "ada@press.example")?, 8, "each is told at its beginning and at its end");
    it.coop.host.app.finish().await
}

#[tokio::test]
async fn a_rule_that_passed_and_cannot_be_published_any_more_says_why_and_nothing_else_is_lost() -> Outcome {
    let it = Voters::set().await?;
    let opened = it.propose(&json!({"quorum": 1, "rule": equal("2027-06-01")})).await?.ok()?;
    it.vote(&opened, 0, "yes").await?.ok()?;
    it.coop.record("sale", "100.00", "2027-06-01").await?.ok()?;
    for year in [2026, 2027] {
        let period = json!({"from": format!("{year}-01-01"), "to": format!("{year}-12-31")});
        it.keeper().post(&it.coop.at("/results"), &period).await?.ok()?;
    }
    it.pass("2028-02-02T12:00:00Z").await?;
    let ended = it.read(&opened).await?;
    assert_eq!((&ended["state"], &ended["refused"]), (&json!("passed"), &json!("rule-too-late")), "{ended:#}");
    assert_eq!((&ended["allocation_rule"], it.rules().await?.len()), (&Value::Null, 1));
    it.coop.host.app.finish().await
}

#[tokio::test]
async fn sql_in_the_services_role_votes_for_nobody_else_and_changes_no_vote_list_or_outcome() -> Outcome {
    let it = Voters::set().await?;
    let opened = it.propose(&json!({"quorum": 1})).await?.ok()?;
    it.vote(&opened, 0, "no").await?.ok()?;
    it.give(1, Some(0)).await?.ok()?;
    let service = it.coop.host.app.connection().await?;
    let ada = "(SELECT person FROM member WHERE number = 1)";
    let into = "INSERT INTO ballot (book_id, proposal_id, member_id, version, choice, cast_by, cast_at)";
    let next = |version: &str, member: i32, by: &str, at: &str| {
        format!(
            "{into} SELECT e.book_id, e.proposal_id, e.member_id, {version}, 'yes', {by}, {at}
               FROM proposal_elector e JOIN proposal p ON p.book_id = e.book_id AND p.id = e.proposal_id
              WHERE e.member_number = {member}"
        )
    };
    let give = |from: i32, to: i32, version: i32| {
        format!(
            "INSERT INTO delegation (book_id, member_id, delegate, version, given_by, given_at)
             SELECT m.book_id, m.id, d.id, {version}, m.person, now() + interval '9 years'
               FROM member m JOIN member d ON d.book_id = m.book_id AND d.number = {to} WHERE m.number = {from}"
        )
    };
    let end = "UPDATE proposal SET ended_at = closes_at, version = version + 1";
    let count = "UPDATE proposal_college SET (yes, no, blank, delegated)";
    for (statement, state) in [
        // Votes: for somebody else, too late, over another one.
        (next("1", 2, ada, "p.opened_at"), "23514"),
        (next("2", 1, ada, "p.closes_at"), "23514"),
        (next("1", 1, ada, "p.opened_at"), "23514"),
        ("UPDATE ballot SET choice = 'yes'".to_owned(), "42501"),
        ("DELETE FROM ballot".to_owned(), "42501"),
        // Delegations: in a circle, or by a version that was.
        (give(1, 2, 1), "23514"),
        (give(2, 3, 1), "23514"),
        ("UPDATE delegation SET delegate = NULL".to_owned(), "42501"),
        // The list.
        ("UPDATE proposal_elector SET college = 1".to_owned(), "42501"),
        (
            "INSERT INTO proposal_elector (book_id, proposal_id, member_id, member_number, college)
             SELECT book_id, proposal_id, member_id, 99, 1 FROM proposal_elector WHERE member_number = 1"
                .to_owned(),
            "23505",
        ),
        // The outcome: what nobody voted, and what was not counted.
        (format!("{count} = (2, 0, 0, 1)"), "23514"),
        (format!("{count} = (1, 1, 0, 0)"), "23514"),
        (format!("{end}, state = 'passed', counted = 6, approval = 10000"), "23001"),
        (format!("{end}, state = 'failed', counted = 1, approval = 0"), "23001"),
        ("UPDATE proposal SET title = 'Another'".to_owned(), "42501"),
    ] {
        let error = service.batch_execute(&statement).await.expect_err(&statement);
        assert_eq!(error.code().map(|code| code.code()), Some(state), "{statement}: {error:?}");
    }
    // What was counted truly, and another end than follows from it.
    let wrong =
        format!("BEGIN; {count} = (0, 2, 0, 1); {end}, state = 'passed', counted = 2, approval = 10000; COMMIT");
    let error = service.batch_execute(&wrong).await.expect_err("an outcome that does not follow");
    assert_eq!(error.code().map(|code| code.code()), Some("23001"), "{error:?}");
    service.batch_execute("ROLLBACK").await?;
    drop(service);
    it.pass("2028-02-02T12:00:00Z").await?;
    let ended = it.read(&opened).await?;
    assert_eq!((&ended["state"], &ended["colleges"][0]["no"]), (&json!("failed"), &json!(2)));
    it.coop.host.app.finish().await
}

/// A programme as it is proposed: two lines, the second of the last half year.
fn budget(account: &str) -> Value {
    json!({
        "name": "A second oven", "about": "So that the night shift ends at four.", "first_month": "2028-02-01", "months": 12,
        "lines": [
            {"name": "The oven", "account": account, "amount": {"amount": "9000.00", "currency": "USD"}, "months": 1},
            {
                "name": "Power", "account": "expenses:cost:power", "amount": {"amount": "600.00", "currency": "USD"},
                "first_month": "2028-08-01",
            },
        ],
        "places": [{"title": "Baker", "people": 1}],
    })
}

#[tokio::test]
async fn members_vote_on_a_budget_and_the_programme_of_one_that_passes_is_opened_as_it_was_read() -> Outcome {
    let it = Voters::set().await?;
    let mut euros = budget("expenses:cost:oven");
    euros["lines"][0]["amount"]["currency"] = json!("EUR");
    for (wrong, pointer) in [
        (json!({"programme": budget("assets:cash:bank")}), "/programme/lines/0/account"),
        (json!({"programme": euros}), "/programme/lines/0/amount/currency"),
        (json!({"programme": budget("expenses:cost:oven"), "rule": equal("2028-02-01")}), "/programme"),
    ] {
        invalid(&it.propose(&wrong).await?, pointer)?;
    }
    let asked = json!({"title": "A second oven", "programme": budget("expenses:cost:oven")});
    let opened = it.propose(&asked).await?.ok()?;
    let mut read = budget("expenses:cost:oven");
    read["lines"][0]["first_month"] = json!("2028-02-01");
    read["lines"][1]["months"] = json!(6);
    read["sources"] = json!([]);
    assert_eq!(
        (&opened["programme"], &opened["rule"]),
        (&read, &Value::Null),
        "all that was left to be understood is said"
    );
    // Two on the same account, which end at one moment: one of them has passed in vain.
    let second = json!({"title": "Another oven", "programme": budget("expenses:cost:oven")});
    let second = it.propose(&second).await?.ok()?;
    let lost = it.propose(&json!({"programme": budget("expenses:cost:stove")})).await?.ok()?;
    assert_ne!(opened["digest"], second["digest"], "another title");
    for (proposal, choice) in [(&opened, "yes"), (&second, "yes"), (&lost, "no")] {
        for member in 0..4 {
            it.vote(proposal, member, choice).await?.ok()?;
        }
    }
    let programmes = async || it.keeper().all(&it.coop.host.at("/programmes")).await;
    assert_eq!(programmes().await?.len(), 0, "nothing is opened before the last day is over");
    it.pass("2028-02-01T12:00:00Z").await?;
    let [mut passed, mut vain, failed] = [it.read(&opened).await?, it.read(&second).await?, it.read(&lost).await?];
    assert_eq!([&passed["state"], &vain["state"], &failed["state"]], ["passed", "passed", "failed"]);
    if passed["opened_programme"].is_null() {
        std::mem::swap(&mut passed, &mut vain);
    }
    assert_eq!((&vain["refused"], &vain["opened_programme"]), (&json!("account-counts-already"), &Value::Null));
    let listed = programmes().await?;
    assert_eq!((listed.len(), &listed[0]["id"]), (1, &passed["opened_programme"]));
    let programme = format!("/v1/programmes/{}", text(&passed, "/opened_programme")?);
    let path = programme;
    let programme = it.keeper().get(&path).await?.ok()?;
    for field in ["name", "about", "first_month", "months", "lines", "sources", "places"] {
        assert_eq!(programme[field], read[field], "{field}");
    }
    assert_eq!(programme["opened_at"], passed["closes_at"], "as of the end of the last day");
    // Who keeps the book does not change what members decided, nor does SQL in the role of the service.
    let revised = json!({"reason": "It costs more", "from_month": "2028-02-01", "lines": programme["lines"]});
    refused(&it.keeper().post(&format!("{path}:revise"), &revised).await?, "programme-by-vote")?;
    let service = it.coop.host.app.connection().await?;
    let second = "INSERT INTO programme_revision (book_id, programme_id, revised_by, revised_at, amount, number, from_month, months, lines, reason)
                  SELECT book_id, id, opened_by, opened_at, amount, 2, '2028-03-01', months, 1, 'By hand' FROM programme";
    let error = service.batch_execute(second).await.expect_err("nobody voted on it");
    assert_eq!(error.code().map(|code| code.code()), Some("23514"), "{error:?}");
    drop(service);
    // No statement of the service says that another programme was voted on, or ends a vote twice.
    let changed = "WITH changed AS (UPDATE proposal SET programme_id = NULL, version = version + 1 WHERE state = 'passed' RETURNING 1)
                   SELECT count(*) FROM changed";
    ensure!(it.coop.host.app.count(changed).await.is_err(), "a vote ends once");
    it.coop.host.app.finish().await
}
