//! A cooperative's periods on a real PostgreSQL: hours attested, results closed, plans frozen, posted, taken back.
#![expect(clippy::unwrap_used, reason = "a helper of tests stops the test it serves")]

mod capital;
mod joining_contributions;
mod loans;
mod loss_series;
mod losses;
mod redemption_series;
mod redemptions;
mod result;
mod series;
mod undo;
mod vat;
mod weights;
mod worth;

use crate::support::{ground, waits};
use deadpool_postgres::Transaction;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use ledger::Error;
use ledger::books::operations::clock;
use ledger::cooperatives::operations::members::{NewContribution, NewMember};
use ledger::cooperatives::operations::proceeds::NewProceeds;
use ledger::cooperatives::operations::{allocation_rules, distributions, members, proceeds, statements};
use ledger::cooperatives::rules::allocation_rule::{Base, Group, Patronage, Pot, Rule, Step};
use ledger::cooperatives::rules::contribution::{Contributed, Contribution, Unit};
use ledger::cooperatives::rules::cooperative::{Member, Percent, Period, ProceedsKind, Standing};
use ledger::cooperatives::rules::distribution::Distribution;
use ledger::cooperatives::rules::plan::MemberPart;
use ledger::cooperatives::rules::proceeds::{Particulars, Proceeds};
use ledger::cooperatives::store::{distributions as rows, statements as statement_rows};
use ledger::engine::store::books::Visibility;
use ledger::engine::store::journal;
use ledger::id::{DistributionId, PersonId};
use ledger::parties::rules::role::{OrganisationKind, Role};
use ledger::parties::store::people;
use ledger::testing::{Ground, Host, refusal, usd};

/// A cooperative with four workers and two managers; its owner, the clerk, and the approver are no members.
struct Coop {
    ground: Ground,
    clerk: PersonId,
    approver: PersonId,
    members: Vec<Member>,
}

fn year(year: i16) -> Period {
    Period::new(date(year, 1, 1), date(year, 12, 31)).unwrap()
}

fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}

/// 10 % of net into the development fund; of the rest 80 to workers by hours, 20 to management equally.
fn main_road() -> Rule {
    let group = |group: &str, part: &str, by| Group::new(group, percent(part), by);
    let groups = vec![group("workers", "80", Patronage::Hours), group("management", "20", Patronage::Equal)];
    Rule::new(vec![
        Step::Share { of: Base::Net, percent: percent("10"), to: Pot::DevelopmentFund, until: None },
        Step::Members { groups, retained: Percent::ZERO },
    ])
}

impl Coop {
    /// Opened on 1 January 2028, so that the years 2026 and 2027 are over.
    async fn new() -> Coop {
        let (name, kind) = ("Press Makers", OrganisationKind::Cooperative);
        let host = Host { name, kind, visibility: Visibility::Members, ..Host::default() };
        let mut ground = host.open(Timestamp::now()).await;
        let approver = ground.stranger("approver").await;
        let (id, clerk, wall) = (ground.book.id, ground.owner, ground.wall);
        for name in ["ada", "bea", "cem", "dora", "eli", "fay"] {
            ground.person(name, Role::Member).await;
        }
        let mut client = ground.client().await;
        let tx = client.transaction().await.unwrap();
        let start = ground.book.start_of(date(2028, 1, 1));
        ground.book = clock::advance(&tx, id, start, wall).await.unwrap();
        let mut admitted = Vec::new();
        for (name, group) in [
            ("ada", "workers"),
            ("bea", "workers"),
            ("cem", "workers"),
            ("dora", "workers"),
            ("eli", "management"),
            ("fay", "management"),
        ] {
            let new = NewMember {
                email: format!("{name}@example.org").parse().unwrap(),
                group: group.into(),
                standing: Standing::Member,
                candidate_from: None,
                joined_on: Some(date(2026, 1, 1)),
                asked: true,
            };
            admitted.push(members::admit(&tx, id, new, clerk, wall).await.unwrap());
        }
        allocation_rules::publish(&tx, id, main_road(), date(2026, 1, 1), 7, clerk, wall).await.unwrap();
        tx.commit().await.unwrap();
        drop(client);
        Coop { ground, clerk, approver, members: admitted }
    }

    /// Sales and costs on one day, and the hours of the four workers in the year, attested by the next one.
    async fn work(&self, tx: &Transaction<'_>, day: Date, sales: &str, costs: &str) {
        self.record(tx, ProceedsKind::Sale, sales, day).await.unwrap();
        self.record(tx, ProceedsKind::Cost, costs, day).await.unwrap();
        for (index, hours) in ["2080", "1560", "1040", "520"].into_iter().enumerate() {
            let recorded = self.hours(tx, index, hours, day.year()).await.unwrap();
            let second = self.members[(index + 1) % 4].person;
            members::attest(tx, recorded.id, second, self.ground.wall).await.unwrap();
        }
    }

    async fn record(
        &self,
        tx: &Transaction<'_>,
        kind: ProceedsKind,
        amount: &str,
        day: Date,
    ) -> Result<Proceeds, Error> {
        self.record_under(tx, kind, "presses", (amount, day)).await
    }

    async fn record_under(
        &self,
        tx: &Transaction<'_>,
        kind: ProceedsKind,
        label: &str,
        (amount, day): (&str, Date),
    ) -> Result<Proceeds, Error> {
        let new = NewProceeds {
            kind,
            label: label.into(),
            party: "bank".into(),
            on_credit: false,
            particulars: Particulars::default(),
            amount: usd(amount),
            vat: None,
            occurred_on: Some(day),
            memo: String::new(),
            reference: String::new(),
        };
        let recorded = proceeds::record(tx, self.ground.book.id, new, self.clerk, self.ground.wall).await?;
        Ok(recorded.proceeds)
    }

    async fn hours(&self, tx: &Transaction<'_>, index: usize, hours: &str, of: i16) -> Result<Contribution, Error> {
        let member = &self.members[index];
        let contributed = Contributed { unit: Unit::Hours, kind: None, quantity: hours.parse().unwrap() };
        let new = NewContribution { member: member.id, worked: year(of), contributed, note: "Presses".into() };
        members::record(tx, new, member.person, false, self.ground.wall).await
    }

    /// Drafts, opens and approves a year; then the window passes and the worker's two jobs run.
    async fn distribute(&mut self, of: i16) -> Distribution {
        let mut client = self.ground.client().await;
        let tx = client.transaction().await.unwrap();
        let draft =
            distributions::draft(&tx, self.ground.book.id, year(of), self.clerk, self.ground.wall).await.unwrap();
        distributions::open(&tx, draft.id, self.clerk, self.ground.wall).await.unwrap();
        distributions::approve(&tx, draft.id, Some(draft.digest), "", self.approver, self.ground.wall).await.unwrap();
        tx.commit().await.unwrap();
        self.pass_window(draft.id).await
    }

    async fn pass_window(&mut self, id: DistributionId) -> Distribution {
        let until = self.ground.book.now(self.ground.wall) + (8 * 24).hours();
        self.ground.leap_to(until).await;
        let mut client = self.ground.client().await;
        let tx = client.transaction().await.unwrap();
        let posted = distributions::advance(&tx, id, self.ground.wall).await.unwrap();
        assert_eq!(posted.state.as_str(), "posted");
        let again = distributions::advance(&tx, id, self.ground.wall).await.unwrap();
        assert_eq!(again, posted, "done twice, it is done once");
        let issued = statements::issue(&tx, id, 0, self.ground.wall).await.unwrap();
        assert_eq!(statements::issue(&tx, id, 0, self.ground.wall).await.unwrap().version, issued.version);
        tx.commit().await.unwrap();
        issued
    }

    async fn balance(&self, code: &str) -> i64 {
        self.ground.balance(code).await
    }

    /// What each member has of a distribution, by number.
    async fn shares(&self, id: DistributionId) -> Vec<MemberPart> {
        rows::shares(&self.ground.client().await, id, None, 0, 10_000).await.unwrap()
    }

    async fn members_balances(&self) -> Vec<i64> {
        let mut all = Vec::new();
        for number in 1..=6 {
            all.push(self.balance(&format!("liabilities:payable:member:{number}")).await);
        }
        all
    }
}

#[tokio::test]
async fn two_years_of_a_cooperative_are_distributed_to_the_cent_and_everybody_has_a_statement() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2026, 6, 1), "12345.67", "345.67").await;
    coop.work(&tx, date(2027, 6, 1), "12345.67", "345.60").await;
    tx.commit().await.unwrap();

    let first = coop.distribute(2026).await;
    assert_eq!(first.state.as_str(), "statements_issued");
    assert_eq!(first.net(), 1_200_000);
    assert_eq!(coop.balance("equity:development").await, 120_000);
    let of_first = [345_600, 259_200, 172_800, 86_400, 108_000, 108_000];
    assert_eq!(coop.members_balances().await, of_first);
    assert_eq!(coop.balance("equity:surplus").await, 0);
    assert_eq!(coop.balance("assets:cash:bank").await, 2_469_134);

    let second = coop.distribute(2027).await;
    assert_eq!(second.net(), 1_200_007);
    assert_eq!(coop.balance("equity:development").await, 120_000 + 120_001);
    let of_second = [345_602, 259_202, 172_801, 86_400, 108_001, 108_000];
    let sums: Vec<i64> = of_first.iter().zip(of_second).map(|(first, second)| first + second).collect();
    assert_eq!(coop.members_balances().await, sums);
    for closed in ["equity:surplus", "income:sales:presses", "expenses:cost:presses"] {
        assert_eq!(coop.balance(closed).await, 0, "{closed}");
    }

    let client = coop.ground.client().await;
    let entry = second.state.posting().unwrap().entry;
    let lines = journal::lines(&client, coop.ground.book.id, entry, 1).await.unwrap();
    assert_eq!(lines.len(), 7, "one entry, a line for each part");
    let own = [coop.members[1].id];
    let read = statement_rows::list(&client, coop.ground.book.id, Some(&own), uuid::Uuid::nil(), 10).await.unwrap();
    assert_eq!(read.iter().map(|one| one.issued.cash).collect::<Vec<_>>(), [259_200, 259_202]);
    let (last, mail) = (&read[1], statements::mail(&client, read[1].issued.id).await.unwrap());
    assert_eq!((last.rule_version, last.period, last.entry), (1, year(2027), entry));
    assert_eq!(last.issued.hours.to_string(), "1560.00");
    assert_eq!((mail.email.as_str(), mail.cooperative.as_str()), ("bea@example.org", "Press Makers"));
    coop.ground.audit().await;
}

#[tokio::test]
async fn hours_wait_for_another_member_and_a_distribution_for_whoever_did_not_draft_it() {
    let coop = Coop::new().await;
    let (ground, wall) = (&coop.ground, coop.ground.wall);
    let [ada, bea] = [coop.members[0].person, coop.members[1].person];
    ground.give(coop.approver, Role::Approver).await;
    let mut client = ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2026, 6, 1), "12345.67", "345.60").await;
    let late = coop.hours(&tx, 0, "10", 2027).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(waits(ground, bea).await, ["attest_hours"]);
    assert_eq!(waits(ground, ada).await, [""; 0], "nobody attests their own");
    let draft =
        ground.run(async |tx| distributions::draft(tx, ground.book.id, year(2026), coop.clerk, wall).await).await;
    let draft = draft.unwrap();
    assert_eq!(waits(ground, coop.clerk).await, ["open_distribution"]);
    assert_eq!(waits(ground, coop.approver).await, [""; 0]);
    ground.run(async |tx| distributions::open(tx, draft.id, coop.clerk, wall).await).await.unwrap();
    assert_eq!(waits(ground, coop.clerk).await, [""; 0], "who drafted it does not approve it");
    assert_eq!(waits(ground, coop.approver).await, ["approve_distribution"]);
    let approved = async |tx: &Transaction<'_>| {
        distributions::approve(tx, draft.id, Some(draft.digest), "", coop.approver, wall).await
    };
    ground.run(approved).await.unwrap();
    assert_eq!(waits(ground, coop.approver).await, [""; 0]);
    ground.run(async |tx| members::attest(tx, late.id, bea, wall).await).await.unwrap();
    assert_eq!(waits(ground, bea).await, [""; 0]);
}

#[tokio::test]
async fn f17_f18_sales_that_are_together_larger_than_an_amount_are_distributed_to_the_cent() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let most = "90071992547409.91";
    coop.work(&tx, date(2026, 6, 1), most, "0.01").await;
    coop.record(&tx, ProceedsKind::Sale, most, date(2026, 7, 1)).await.unwrap();
    coop.record(&tx, ProceedsKind::Sale, most, date(2026, 7, 1)).await.unwrap();
    tx.commit().await.unwrap();
    drop(client);
    let posted = coop.distribute(2026).await;
    let net = 3 * ledger::money::AMOUNT_MAX - 1;
    assert_eq!(posted.net(), net);
    let members: i64 = coop.members_balances().await.iter().sum();
    assert_eq!(members + coop.balance("equity:development").await, net);
    assert_eq!(coop.balance("equity:surplus").await, 0);
    coop.ground.audit().await;
}

#[tokio::test]
async fn r8_a_reversal_mirrors_the_posted_lines_and_the_period_can_be_distributed_again() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2026, 6, 1), "12345.67", "345.60").await;
    tx.commit().await.unwrap();
    let issued = coop.distribute(2026).await;
    let tx = client.transaction().await.unwrap();
    let reason = || "Hours were counted twice".to_owned();
    let own = distributions::reverse(&tx, issued.id, reason(), coop.approver, coop.ground.wall).await;
    assert_eq!(refusal(own), "same-person");
    let reversed = distributions::reverse(&tx, issued.id, reason(), coop.clerk, coop.ground.wall).await.unwrap();
    assert_eq!(reversed.state.as_str(), "reversed");
    tx.commit().await.unwrap();

    let posted = journal::lines(&client, coop.ground.book.id, issued.state.posting().unwrap().entry, 1).await.unwrap();
    let last = journal::last_number(&client, coop.ground.book.id).await.unwrap();
    let mirror = journal::lines(&client, coop.ground.book.id, last, 1).await.unwrap();
    let sides = |lines: &[journal::JournalLine]| {
        lines.iter().map(|line| (line.debit.clone(), line.credit.clone(), line.amount)).collect::<Vec<_>>()
    };
    let exchanged: Vec<_> = sides(&posted).into_iter().map(|(debit, credit, amount)| (credit, debit, amount)).collect();
    assert_eq!(sides(&mirror), exchanged);
    assert_eq!(coop.members_balances().await, [0; 6]);
    assert_eq!(coop.balance("equity:surplus").await, 1_200_007);

    let again = coop.distribute(2026).await;
    assert_eq!(again.plan, issued.plan, "the same inputs and the same rule give the same plan");
    assert_eq!(again.digest, issued.digest);
    coop.ground.audit().await;
}

#[tokio::test]
async fn r9_a_plan_is_the_same_whoever_recorded_what_first() {
    let mut plans = Vec::new();
    for order in [[0, 1, 2, 3], [3, 1, 0, 2]] {
        let coop = Coop::new().await;
        let mut client = coop.ground.client().await;
        let tx = client.transaction().await.unwrap();
        coop.record(&tx, ProceedsKind::Sale, "12000.07", date(2026, 6, 1)).await.unwrap();
        for index in order {
            let hours = ["2080", "1560", "1040", "520"][index];
            let recorded = coop.hours(&tx, index, hours, 2026).await.unwrap();
            members::attest(&tx, recorded.id, coop.members[5].person, coop.ground.wall).await.unwrap();
        }
        let draft =
            distributions::draft(&tx, coop.ground.book.id, year(2026), coop.clerk, coop.ground.wall).await.unwrap();
        let shares = rows::shares(&tx, draft.id, None, 0, 10).await.unwrap();
        assert_eq!(shares.iter().map(|part| part.cash).sum::<i64>(), 1_080_006, "9 tenths are the members'");
        plans.push(shares.iter().map(|part| (part.number, part.cash, part.carry)).collect::<Vec<_>>());
    }
    assert_eq!(plans[0], plans[1]);
}

#[tokio::test]
async fn r10_without_attested_hours_nothing_is_written_and_the_money_stays() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.record(&tx, ProceedsKind::Sale, "12345.67", date(2026, 6, 1)).await.unwrap();
    coop.hours(&tx, 0, "2080", 2026).await.unwrap();
    tx.commit().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let refused = distributions::draft(&tx, coop.ground.book.id, year(2026), coop.clerk, coop.ground.wall).await;
    assert_eq!(refusal(refused), "no-weights", "hours that nobody attested count for nothing");
    tx.rollback().await.unwrap();
    assert_eq!(coop.balance("income:sales:presses").await, 1_234_567);
    assert_eq!(coop.members_balances().await, [0; 6]);
    coop.ground.audit().await;
}

#[tokio::test]
async fn hours_are_attested_by_a_second_member_and_frozen_by_a_draft() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let (ada, bea) = (coop.members[0].person, coop.members[1].person);
    let recorded = coop.hours(&tx, 0, "10", 2026).await.unwrap();
    assert_eq!(refusal(members::attest(&tx, recorded.id, ada, coop.ground.wall).await), "own-attestation");
    assert_eq!(refusal(members::attest(&tx, recorded.id, coop.clerk, coop.ground.wall).await), "not-a-member");
    members::attest(&tx, recorded.id, bea, coop.ground.wall).await.unwrap();
    assert_eq!(refusal(members::attest(&tx, recorded.id, bea, coop.ground.wall).await), "already-attested");
    let of_another = NewContribution {
        member: coop.members[1].id,
        worked: year(2026),
        contributed: Contributed { unit: Unit::Hours, kind: None, quantity: "10".parse().unwrap() },
        note: String::new(),
    };
    let foreign = members::record(&tx, of_another.clone(), ada, false, coop.ground.wall).await;
    assert!(matches!(foreign, Err(Error::Forbidden(_))), "{foreign:?}");
    let late = members::record(&tx, of_another, coop.clerk, true, coop.ground.wall).await.unwrap();

    coop.record(&tx, ProceedsKind::Sale, "100.00", date(2026, 6, 1)).await.unwrap();
    distributions::draft(&tx, coop.ground.book.id, year(2026), coop.clerk, coop.ground.wall).await.unwrap();
    assert_eq!(refusal(coop.hours(&tx, 0, "1", 2026).await), "period-distributed");
    assert_eq!(
        refusal(members::attest(&tx, late.id, coop.members[2].person, coop.ground.wall).await),
        "period-distributed"
    );
    assert_eq!(refusal(coop.record(&tx, ProceedsKind::Sale, "1.00", date(2026, 12, 31)).await), "period-closed");
    coop.record(&tx, ProceedsKind::Sale, "1.00", date(2027, 1, 1)).await.unwrap();
}

#[tokio::test]
async fn fl46_nobody_works_more_than_24_hours_a_day() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let worked = Period::new(date(2026, 3, 1), date(2026, 3, 2)).unwrap();
    let new = |hours: &str| {
        let contributed = Contributed { unit: Unit::Hours, kind: None, quantity: hours.parse().unwrap() };
        NewContribution { member: coop.members[0].id, worked, contributed, note: String::new() }
    };
    let ada = coop.members[0].person;
    for hours in ["48.01", "10000", "0"] {
        let refused = members::record(&tx, new(hours), ada, false, coop.ground.wall).await;
        assert!(matches!(&refused, Err(Error::Invalid { pointer, .. }) if pointer == "/hours"), "{refused:?}");
    }
    members::record(&tx, new("48"), ada, false, coop.ground.wall).await.unwrap();
}

#[tokio::test]
async fn periods_and_rules_follow_one_another() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2026, 6, 1), "100.00", "10.00").await;
    let draft =
        async |period| distributions::draft(&tx, coop.ground.book.id, period, coop.clerk, coop.ground.wall).await;
    let late = Period::new(date(2026, 7, 1), date(2026, 12, 31)).unwrap();
    assert_eq!(refusal(draft(late).await), "earlier-proceeds");
    assert_eq!(refusal(draft(year(2028)).await), "period-not-over");
    let first = draft(year(2026)).await.unwrap();
    assert_eq!(refusal(draft(year(2027)).await), "distribution-open");
    let reason = "Hours are missing".to_owned();
    distributions::withdraw(&tx, first.id, reason, coop.clerk, coop.ground.wall).await.unwrap();
    assert_eq!(refusal(draft(late).await), "period-closed");

    let publish = async |day: Date| {
        allocation_rules::publish(&tx, coop.ground.book.id, main_road(), day, 14, coop.clerk, coop.ground.wall).await
    };
    assert_eq!(refusal(publish(date(2026, 12, 31)).await), "rule-too-late");
    assert_eq!(publish(date(2027, 1, 1)).await.unwrap().version, 2);
    assert_eq!(draft(year(2026)).await.unwrap().rule_version, 1, "the rule in force on the last day of the period");
    let changed = tx.execute("UPDATE allocation_rule SET window_days = 1", &[]).await.unwrap_err();
    assert_eq!(changed.code().map(|code| code.code()), Some("42501"), "a version never changes");
}

#[tokio::test]
async fn an_objection_stops_the_worker_until_somebody_else_answers_it() {
    let mut coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2026, 6, 1), "100.00", "10.00").await;
    let draft = distributions::draft(&tx, coop.ground.book.id, year(2026), coop.clerk, coop.ground.wall).await.unwrap();
    let id = draft.id;
    distributions::open(&tx, id, coop.clerk, coop.ground.wall).await.unwrap();
    assert_eq!(refusal(distributions::approve(&tx, id, None, "", coop.clerk, coop.ground.wall).await), "same-person");
    distributions::approve(&tx, id, None, "", coop.approver, coop.ground.wall).await.unwrap();
    let object =
        async |by: PersonId| distributions::object(&tx, id, "My hours are wrong".into(), by, coop.ground.wall).await;
    assert_eq!(refusal(object(coop.clerk).await), "not-a-member");
    let ada = coop.members[0].person;
    assert_eq!(object(ada).await.unwrap().state.as_str(), "objected");
    assert_eq!(refusal(object(ada).await), "already-objected");
    let late = coop.ground.wall + (8 * 24).hours();
    assert_eq!(distributions::advance(&tx, id, late).await.unwrap().state.as_str(), "objected");
    let answer = async |by, text| distributions::approve(&tx, id, None, text, by, coop.ground.wall).await;
    assert_eq!(refusal(answer(ada, "Well then").await), "same-person");
    assert_eq!(refusal(answer(coop.approver, "").await), "reason-missing");
    answer(coop.approver, "The time sheets agree").await.unwrap();
    assert_eq!(rows::objections(&tx, id).await.unwrap().len(), 1);
    tx.commit().await.unwrap();
    coop.pass_window(id).await;
    coop.ground.audit().await;
}

#[tokio::test]
async fn a_draft_that_nobody_opens_lapses_and_the_money_stays_undistributed() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    coop.work(&tx, date(2026, 6, 1), "100.00", "10.00").await;
    let draft = distributions::draft(&tx, coop.ground.book.id, year(2026), coop.clerk, coop.ground.wall).await.unwrap();
    let lapsed = distributions::advance(&tx, draft.id, coop.ground.wall + (31 * 24).hours()).await.unwrap();
    assert_eq!(lapsed.state.as_str(), "withdrawn");
    tx.commit().await.unwrap();
    assert_eq!(coop.balance("equity:surplus").await, 9_000);
}

#[tokio::test]
async fn a_member_is_a_number_in_the_book_and_a_person_in_one_table() {
    let coop = Coop::new().await;
    let mut client = coop.ground.client().await;
    let tx = client.transaction().await.unwrap();
    let numbers: Vec<i32> = coop.members.iter().map(|member| member.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    let again = || NewMember {
        email: "ada@example.org".parse().unwrap(),
        group: "management".into(),
        standing: Standing::Member,
        candidate_from: None,
        joined_on: None,
        asked: false,
    };
    assert_eq!(
        refusal(members::admit(&tx, coop.ground.book.id, again(), coop.clerk, coop.ground.wall).await),
        "already-member"
    );
    for email in ["approver@example.org", "nobody@example.org"] {
        let stranger = NewMember { email: email.parse().unwrap(), ..again() };
        let refused = members::admit(&tx, coop.ground.book.id, stranger, coop.clerk, coop.ground.wall).await;
        assert_eq!(refusal(refused), "not-invited", "{email}: who has an account here has no role there");
    }
    let left =
        members::leave(&tx, coop.members[0].id, Some(date(2027, 12, 31)), coop.clerk, coop.ground.wall).await.unwrap();
    assert_eq!(left.version, 2);
    let back = members::admit(&tx, coop.ground.book.id, again(), coop.clerk, coop.ground.wall).await.unwrap();
    assert_eq!((back.number, back.person), (7, coop.members[0].person));
    let person = people::find(&tx, back.person).await.unwrap().unwrap();
    assert_eq!(person.email, "ada@example.org");

    let host = ground().await;
    let stranger = host.run(async |tx| members::admit(tx, host.book.id, again(), host.owner, host.wall).await).await;
    assert!(stranger.is_err(), "a book that is no cooperative's has no members");
}
