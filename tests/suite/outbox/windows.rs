//! Whether what waits until a day was told with that day.

use anyhow::{Context as _, ensure};
use ledger::service::event::clocks::{CLOCKS, Telling};
use ledger::service::event::told::{TOLD, Told};
use std::collections::BTreeSet;
use tests::TestApp;

/// A window that is open to somebody.
struct Window {
    /// The column of the table of clocks.
    clock: &'static str,
    /// Which of the rows are open.
    open: &'static str,
    /// When it ends; the column itself where nothing is said.
    ends: Option<&'static str>,
    /// Where it is looked at: in the scene of the contract, or in the test of this name.
    seen_by: Option<&'static str>,
}

const fn window(clock: &'static str, open: &'static str) -> Window {
    Window { clock, open, ends: None, seen_by: None }
}

/// Every window of whose day somebody is told: a new one is a line.
const WINDOWS: &[Window] = &[
    window("appeal.until", "state = 'open'"),
    window("bank_account.state_until", "state IN ('proposed', 'waiting')"),
    window("challenge.consent_until", "consent_until IS NOT NULL"),
    window("challenge.state_until", "state IN ('judging', 'provisional')"),
    Window {
        seen_by: Some("p7_short_funds_are_tried_on_days_1_3_and_7_and_then_the_pledge_lapses_and_can_be_revived"),
        // A day of the book, which begins at its midnight.
        ends: Some("t.retry_on::timestamp AT TIME ZONE b.zone"),
        ..window("charge.retry_on", "state = 'declined' AND retry_on IS NOT NULL")
    },
    Window {
        // Evidence counts until a day, and the provider decides after that: the first of the two is told.
        ends: Some("coalesce(t.evidence_until, t.until)"),
        ..window("chargeback.evidence_until", "state = 'open'")
    },
    window("claim.decide_until", "state IN ('submitted', 'in_review')"),
    Window {
        seen_by: Some("m8_each_window_of_claims_and_disputes_tells_whom_it_waits_for_and_its_clock_ends_it"),
        ..window("claim.decide_until", "state = 'changes_asked'")
    },
    window("claim.objection_until", "state = 'approved'"),
    window("claim_request.until", "ended_at IS NULL"),
    window("dispute.until", "state IN ('open', 'answered', 'replied', 'decided', 'appealed')"),
    window("distribution.until", "state = 'objection'"),
    Window {
        seen_by: Some("an_objection_is_answered_by_a_third_person_and_a_distribution_can_be_taken_back"),
        ..window("distribution.answer_until", "state = 'objected'")
    },
    Window {
        seen_by: Some("teams_hear_what_became_of_their_applications_and_what_nobody_decides_lapses_when_it_is_due"),
        ..window(
            "milestone_call.decide_until",
            "state = 'open'
               AND EXISTS (SELECT FROM milestone_application a WHERE a.book_id = t.book_id AND a.call = t.id)",
        )
    },
    window("plan_change.lapses_at", "lapses_at IS NOT NULL"),
    window("plan_move.waits_until", "state IN ('asked', 'consented')"),
    Window {
        seen_by: Some("a_partner_that_leaves_stops_nothing_that_was_begun_and_its_plans_wait_until_it_comes_back"),
        // Whoever gave no address hears of nothing.
        ..window(
            "pledge.state_until",
            "state IN ('needs_action', 'lapsed')
               AND EXISTS (SELECT FROM donor d WHERE d.book_id = t.book_id AND d.id = t.donor AND d.email <> '')",
        )
    },
    Window { ends: Some("t.closes_at"), ..window("proposal.last_day", "state = 'open'") },
    window("share_plan.state_until", "state IN ('proposed', 'objected')"),
];

/// Clocks that are told, but not with a day of a book, and where that is looked at.
const OTHERWISE: &[(&str, &str)] = &[
    ("chargeback.until", "with evidence_until, which comes first where there is one"),
    ("invitation.expires_at", "of the installation: the mail says for how long, in a test of the worker"),
    ("join_request.until", "of the installation: the mail names the day, in a test of the worker"),
    ("payout.state_until", "the payee hears that an account is wanted each month until there is one: the test m6"),
    ("second_factor_reset.until", "of the installation: the mail names the moment, in a test of the worker"),
    ("sign_in_code.expires_at", "of the installation: the mail says for how long, in a test of the worker"),
    ("sign_in_token.expires_at", "of the installation: the mail says for how long, in a test of the worker"),
    ("wind_up.last_day", "donors hear of it when it has come: the tests of winding"),
];

impl Window {
    fn table(&self) -> &'static str {
        self.clock.split_once('.').map_or(self.clock, |(table, _)| table)
    }

    /// The kinds of mail of which one must name the day.
    fn mails(&self) -> anyhow::Result<Vec<String>> {
        let (_, telling) = CLOCKS.iter().find(|(column, _)| *column == self.clock).context(self.clock)?;
        Ok(match telling {
            Telling::Mailed(mails) => mails.iter().map(|mail| (*mail).to_owned()).collect(),
            Telling::Nobody(why) => anyhow::bail!("nobody is told of {}: {why}", self.clock),
            Telling::Events(events) => {
                let told = TOLD.iter().filter(|(kind, _)| events.contains(kind)).map(|(_, told)| told);
                let mails = told.flat_map(|told| match told {
                    Told::Mails(mails) => *mails,
                    Told::No(_) => &[],
                });
                // A decline that leaves a pledge waiting says so itself.
                let also = (self.table() == "pledge").then_some("decline");
                mails.map(|(mail, _)| *mail).chain(also).map(str::to_owned).collect()
            }
        })
    }

    /// How many are open in sandbox books, and how many of them end on a day that no mail of their book has, nor the day before.
    async fn count(&self, client: &impl deadpool_postgres::GenericClient) -> anyhow::Result<(i64, i64)> {
        let (table, ends) = (self.table(), self.ends.map_or_else(|| format!("t.{}", self.column()), str::to_owned));
        let query = format!(
            "SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
                    SELECT FROM outbox_mail m, generate_series(0, 1) early
                     WHERE m.book_id = w.book_id AND m.kind = ANY ($1)
                       AND position(to_char((w.ends AT TIME ZONE w.zone)::date - early, 'FMDD FMMonth YYYY') IN m.text) > 0))
               FROM (SELECT t.book_id, {ends} AS ends, b.zone FROM {table} t JOIN book b ON b.number = t.book_id
                      WHERE b.mode = 'sandbox' AND {}) w",
            self.open.replace("state ", "t.state ")
        );
        let row = client.query_one(&query, &[&self.mails()?]).await?;
        Ok((row.get(0), row.get(1)))
    }

    fn column(&self) -> &'static str {
        self.clock.split_once('.').map_or(self.clock, |(_, column)| column)
    }
}

/// Fails unless windows of this installation are open where this test looks at them, each told in a mail of its book with the day on which
/// it ends, or the last whole day before; `seen_by` is the name of a test, and none for the scene of the contract.
pub(crate) async fn each_is_told_with_its_day(app: &TestApp, seen_by: Option<&str>) -> anyhow::Result<()> {
    let pool = app.connection().await?;
    let here: Vec<_> = WINDOWS.iter().filter(|window| window.seen_by == seen_by).collect();
    ensure!(!here.is_empty(), "no window is looked at in {seen_by:?}");
    for window in here {
        let (open, untold) = window.count(&pool).await?;
        ensure!(open > 0, "no window of {} is open ({})", window.clock, window.open);
        ensure!(
            untold == 0,
            "{untold} of {open} windows of {} ({}) end on a day that no mail names",
            window.clock,
            window.open
        );
    }
    Ok(())
}

#[test]
fn every_clock_that_somebody_is_told_of_is_looked_at_while_it_runs() -> anyhow::Result<()> {
    let told = CLOCKS.iter().filter(|(_, telling)| !matches!(telling, Telling::Nobody(_)));
    let told: BTreeSet<&str> = told.map(|(column, _)| *column).collect();
    let otherwise = OTHERWISE.iter().map(|(column, _)| *column);
    let here: BTreeSet<&str> = WINDOWS.iter().map(|window| window.clock).chain(otherwise).collect();
    ensure!(told == here, "told and not looked at, or the other way round: {:?}", told.symmetric_difference(&here));
    let tests = crate::repository::sources(&crate::repository::root().join("tests/suite"))?;
    for name in WINDOWS.iter().filter_map(|window| window.seen_by) {
        let is_there = tests
            .iter()
            .any(|(_, source)| source.contains(&format!("fn {name}(")) && source.contains("each_is_told_with_its_day"));
        ensure!(is_there, "there is no test {name} that looks at windows");
    }
    Ok(())
}
